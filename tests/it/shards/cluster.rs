//! Other people's schedulers start the shards: recipes as they are typed, with stand-ins where there is no cluster.

use crate::support::{Place, has, oracle, repository};
use serde_json::Value;

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

/// Reads a manifest.
fn manifest(name: &str) -> Value {
    let text = std::fs::read(repository().join("examples/cluster").join(name)).expect("an example");
    serde_json::from_slice(&text).expect("JSON")
}

/// Returns the texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list").iter();
    list.map(|text| text.as_str().expect("a text")).collect()
}

/// Returns the values of a key in the objects of a list.
fn named<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().expect("a list").iter();
    list.map(|entry| entry[key].as_str().expect("a text")).collect()
}

#[test]
fn the_kubernetes_manifest_is_an_indexed_job_whose_shards_merge() {
    let list = manifest("kubernetes-job.json");
    assert_eq!(
        (&list["apiVersion"], &list["kind"]),
        (&"v1".into(), &"List".into())
    );
    let job = &list["items"][0];
    assert_eq!(
        (&job["apiVersion"], &job["kind"]),
        (&"batch/v1".into(), &"Job".into())
    );
    assert!(job["metadata"]["name"].is_string());
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"], "Indexed");
    let shards = spec["completions"].as_u64().expect("a number");
    assert!(
        spec["parallelism"]
            .as_u64()
            .is_some_and(|at_once| (1..=shards).contains(&at_once))
    );
    assert!(spec["backoffLimitPerIndex"].is_u64());
    let pod = &spec["template"]["spec"];
    // Failures are counted for each index only where pods are not started again in place.
    assert_eq!(pod["restartPolicy"], "Never");
    let container = &pod["containers"][0];
    assert!(container["image"].is_string());
    let policy = &spec["podFailurePolicy"]["rules"][0];
    assert_eq!(policy["action"], "FailIndex");
    assert_eq!(policy["onExitCodes"]["operator"], "In");
    assert_eq!(policy["onExitCodes"]["values"], serde_json::json!([2, 4, 123]));
    assert_eq!(policy["onExitCodes"]["containerName"], container["name"]);
    let volumes = named(&pod["volumes"], "name");
    let mounts = named(&container["volumeMounts"], "name");
    assert_eq!(volumes, mounts);
    let variables = named(&container["env"], "name");
    let index = "$(JOB_COMPLETION_INDEX)";
    assert_eq!(variables, ["JOB_COMPLETION_INDEX"]);
    let field = &container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"];
    assert_eq!(
        *field,
        "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    );
    assert_eq!(container["command"], serde_json::json!(["fanfold"]));

    // Each index runs, with the mounts as directories, and the answers add up.
    let place = Place::new();
    let whole = hits(&place);
    std::fs::create_dir(place.path("out")).expect("a directory");
    for at in 0..shards {
        let args = texts(&container["args"]).into_iter().map(|arg| {
            let arg = arg.replace(index, &at.to_string());
            arg.replace("/data/logs", "logs").replace("/out/", "out/")
        });
        place.fan("").args(args).stdout("").ok();
    }
    let folds = (0..shards).map(|at| format!("out/{at}.fold"));
    place.fan("merge").args(folds).stdout(whole).ok();
}

#[test]
fn the_batch_manifest_is_an_array_whose_shards_merge() {
    let job = manifest("aws-batch-array.json");
    for name in ["jobName", "jobQueue", "jobDefinition"] {
        assert!(job[name].is_string(), "{name}");
    }
    let shards = job["arrayProperties"]["size"].as_u64().expect("a number");
    assert!((2..=10_000).contains(&shards), "what an array may have");
    assert!(
        job["retryStrategy"]["attempts"]
            .as_u64()
            .is_some_and(|tries| (1..=10).contains(&tries))
    );
    let command = texts(&job["containerOverrides"]["command"]);
    assert_eq!(command[..2], ["sh", "-c"]);
    assert_eq!(command.len(), 3);

    let place = Place::new();
    let whole = hits(&place);
    // A bucket is a directory here.
    let aws = "#!/bin/sh\ncase \"$*\" in\n\
               's3 ls --recursive s3://logs/'*) for f in logs/*; do echo \"2026-01-01 00:00:00 7 2026/${f#logs/}\"; done;;\n\
               's3 cp - s3://out/'*) mkdir -p out; cat > \"out/${4##*/}\";;\n\
               's3 cp s3://logs/2026/'*' -') cat \"logs/${3##*/}\";;\n\
               *) echo \"aws $*\" >&2; exit 2;;\nesac\n";
    place.file("aws", aws.as_bytes(), 0);
    types(&place, "chmod +x aws");
    for at in 0..shards {
        let variables = format!("export AWS_BATCH_JOB_ARRAY_INDEX={at} AWS_BATCH_JOB_ARRAY_SIZE={shards}; ");
        types(&place, &(variables + command[2]));
    }
    let folds = (0..shards).map(|at| format!("out/{at}.fold"));
    place.fan("merge").args(folds).stdout(whole).ok();
}

/// Writes logs of hits, and returns what one run over them prints.
fn hits(place: &Place) -> Vec<u8> {
    for file in 0..7 {
        let hit = |line: usize| {
            let status = [200, 304, 404][(file + line) % 3];
            format!("h - - [01/Jan/2012:00:00:00 +0000] \"GET /{line} HTTP/1.1\" {status} {line}\n")
        };
        let lines: String = (0..30).map(hit).collect();
        place.file(&format!("logs/{file}"), lines.as_bytes(), 100);
    }
    place.whole("map logs -i clf --by status --agg count")
}
