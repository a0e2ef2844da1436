//! Other people's schedulers start the shards: recipes as they are typed, with stand-ins where there is no cluster.

use crate::support::{Place, has, oracle, repository};

const QUESTION: &str = "map in --select 1 --count";

/// Runs a script in a place, with fanfold on the path, and returns what it prints.
fn types(place: &Place, script: &str) -> Vec<u8> {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_fanfold"));
    let bin = program.parent().expect("it is in a directory").display();
    oracle(&place.path(""), &format!("PATH={bin}:$PWD:$PATH; {script}"), &[])
}

#[test]
fn gnu_parallel_runs_the_shards() {
    if !has("parallel") {
        return;
    }
    let place = Place::new();
    place.logs(0..7);
    let whole = place.whole(QUESTION);
    let script = "mkdir out; seq 5 | parallel -j2 fanfold map in --select 1 --count --shard {}/5 --save out/{}.fold; \
                  fanfold merge out/*.fold";
    assert!(types(&place, script) == whole, "the answer of one run");
}

#[test]
fn ssh_brings_the_folds_of_hosts() {
    let place = Place::new();
    place.logs(0..4);
    // A host is a directory here.
    let ssh = "#!/bin/sh\nhost=$1; shift; cd \"$host\" && exec \"$@\"\n";
    place.file("ssh", ssh.as_bytes(), 0);
    let script = "chmod +x ssh; for h in web1 web2; do mkdir -p $h/in; done; cp in/00.gz in/01.gz web1/in; cp in/02.gz in/03.gz web2/in; \
                  for h in web1 web2; do ssh $h fanfold map in --select 1 --count --save - > $h.fold & done; wait; \
                  fanfold merge web1.fold web2.fold";
    assert!(
        types(&place, script) == place.whole(QUESTION),
        "the answer of one run"
    );
}

#[test]
fn the_manifests_are_what_they_say() {
    if !has("python3") {
        return;
    }
    let cluster = repository().join("examples/cluster");
    for (name, wanted) in [
        (
            "kubernetes-job.json",
            "['Job', 'Indexed', 20, '$(JOB_COMPLETION_INDEX)/20']",
        ),
        ("aws-batch-array.json", "['array', 20]"),
    ] {
        let script = format!(
            "python3 -c 'import json\nm = json.load(open(\"{name}\"))\n{}'",
            match name.starts_with("kubernetes") {
                true =>
                    "s = m[\"items\"][0][\"spec\"]\nassert s[\"completions\"] == 20 and s[\"backoffLimitPerIndex\"] == 3\n\
                     a = s[\"template\"][\"spec\"][\"containers\"][0][\"args\"]\n\
                     print([m[\"items\"][0][\"kind\"], s[\"completionMode\"], s[\"completions\"], a[a.index(\"--shard\") + 1]])",
                false => "print([\"array\", m[\"arrayProperties\"][\"size\"]])",
            }
        );
        let printed = oracle(&cluster, &script, &[]);
        assert_eq!(String::from_utf8_lossy(&printed).trim(), wanted, "{name}");
    }
}
