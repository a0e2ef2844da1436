//! Slurm runs the shards: an array with the merge after it, and a task that is put back while it runs.
//!
//! The cluster is one node without systemd, in the test's own directory: munged, slurmctld and slurmd as this user, on ports of
//! loopback that are free.

use crate::support::{Place, can, has, oracle, repository, send, until};
use rustix::process::Signal;
use std::fs::{self, File, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A cluster that ends with the test.
struct Cluster<'a> {
    place: &'a Place,
    daemons: Vec<Child>,
}

/// Returns the text of `/proc/sys/kernel/hostname` up to the first dot, as Slurm names a node.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("Linux has it");
    name.trim().split('.').next().expect("one part").to_owned()
}

/// Returns two ports that nobody has.
fn free_ports() -> [u16; 2] {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    // Both are bound at once: they differ.
    let both = [listen(), listen()];
    both.map(|port| port.local_addr().expect("it is bound").port())
}

fn configuration(dir: &Path) -> String {
    let user = oracle(dir, "id -un", &[]);
    let user = String::from_utf8(user).expect("a name");
    let (user, host, [controller, node]) = (user.trim(), host(), free_ports());
    let dir = dir.display();
    format!(
        "ClusterName=t\nSlurmctldHost={host}(127.0.0.1)\nAuthType=auth/munge\nAuthInfo=socket={dir}/run/socket\n\
         SlurmUser={user}\nSlurmdUser={user}\nProctrackType=proctrack/linuxproc\n\
         SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
         StateSaveLocation={dir}/control\nSlurmdSpoolDir={dir}/spool\n\
         SlurmctldPidFile={dir}/slurmctld.pid\nSlurmdPidFile={dir}/slurmd.pid\n\
         SlurmctldPort={controller}\nSlurmdPort={node}\nReturnToService=2\n\
         SchedulerParameters=batch_sched_delay=0,sched_interval=1\n\
         NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN\n\
         PartitionName=p Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4\n"
    )
}

impl<'a> Cluster<'a> {
    /// Starts a cluster in this place, or says why there is none.
    #[track_caller]
    fn start(place: &'a Place) -> Option<Self> {
        if !["slurmctld", "slurmd", "sbatch", "munged"]
            .iter()
            .all(|name| is_installed(name))
        {
            return None;
        }
        let dir = place.path("");
        let open = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o755));
        open(&dir).expect("it is ours");
        for name in ["run", "control", "spool"] {
            fs::create_dir(place.path(name)).expect("a directory");
        }
        place.file("slurm.conf", configuration(&dir).as_bytes(), 0);
        // Later versions would make control groups, which takes root; earlier ones know no such word.
        let version =
            String::from_utf8_lossy(&oracle(&dir, "PATH=$PATH:/usr/sbin; slurmd -V", &[])).into_owned();
        let year = version
            .split_whitespace()
            .nth(1)
            .and_then(|version| version.split('.').next());
        if year
            .and_then(|year| year.parse().ok())
            .is_some_and(|year: u32| year > 22)
        {
            place.file("cgroup.conf", b"CgroupPlugin=disabled\n", 0);
        }
        place.file("key", &[7; 1024], 0);
        fs::set_permissions(place.path("key"), Permissions::from_mode(0o600)).expect("it is ours");
        let mut cluster = Cluster {
            place,
            daemons: Vec::new(),
        };
        cluster.daemon(
            "munged",
            "--foreground --force --key-file=key --socket=$PWD/run/socket --pid-file=$PWD/munged.pid --log-file=$PWD/munged.log \
             --seed-file=$PWD/seed",
        );
        until("munged's socket", || place.path("run/socket").exists());
        cluster.daemon("slurmctld", "-D -c -f $PWD/slurm.conf");
        cluster.daemon("slurmd", "-D -c -f $PWD/slurm.conf");
        cluster.wait_for("a node", "sinfo -h -o %T", |states| states.trim() == "idle");
        Some(cluster)
    }

    fn command(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_fanfold"));
        let bin = program.parent().expect("it is in a directory").display();
        let mut sh = Command::new("sh");
        sh.arg("-c")
            .arg(format!("PATH={bin}:$PATH:/usr/sbin:/usr/bin; {script}"))
            .current_dir(self.place.path(""))
            .env("SLURM_CONF", self.place.path("slurm.conf"))
            .stdin(Stdio::null());
        sh
    }

    /// Starts a daemon, which stays in front and writes its messages to a file.
    fn daemon(&mut self, name: &str, words: &str) {
        let log = || {
            File::options()
                .create(true)
                .append(true)
                .open(self.place.path(&format!("{name}.out")))
        };
        let daemon = self
            .command(&format!("exec {name} {words}"))
            .stdout(log().expect("a file"))
            .stderr(log().expect("a file"))
            .spawn();
        self.daemons.push(daemon.expect("sh"));
    }

    /// Types a line, and returns what it prints.
    #[track_caller]
    fn types(&self, script: &str) -> String {
        let done = self.command(script).output().expect("sh");
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{script}: {err}\n{}", self.messages());
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Types a line until what it prints is right.
    #[track_caller]
    fn wait_for(&self, what: &str, script: &str, is_right: impl Fn(&str) -> bool) {
        let mut last = String::new();
        // Two hundred quarters of a second.
        for _ in 0..200 {
            let done = self.command(script).output().expect("sh");
            last =
                String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            if done.status.success() && is_right(&String::from_utf8_lossy(&done.stdout)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        panic!("waited in vain for {what}: {last}\n{}", self.messages());
    }

    fn wait_for_all_jobs(&self) {
        self.wait_for("the end of all jobs", "squeue -h", str::is_empty);
    }

    /// Returns what the daemons said last.
    fn messages(&self) -> String {
        let said = |name: &str| {
            let text = fs::read_to_string(self.place.path(&format!("{name}.out"))).unwrap_or_default();
            let last: Vec<_> = text.lines().rev().take(12).collect();
            last.into_iter()
                .rev()
                .fold(format!("{name}:\n"), |text, line| text + "  " + line + "\n")
        };
        ["munged", "slurmctld", "slurmd"].map(said).concat()
    }
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        // Jobs are left only when the test has failed.
        let _ = self
            .command("squeue -h -o %A | xargs -r scancel; squeue -h")
            .output();
        for mut daemon in self.daemons.drain(..).rev() {
            send(daemon.id(), Signal::TERM);
            let _ = daemon.wait();
        }
    }
}

/// Whether a daemon is installed, which may lie where only root looks.
#[track_caller]
fn is_installed(name: &str) -> bool {
    let mut sh = Command::new("sh");
    sh.arg("-c")
        .arg(format!("PATH=$PATH:/usr/sbin; command -v {name}"));
    can(&mut sh, &format!("{name} is not installed"))
}

/// Writes logs of hits, and returns what one run over them prints.
fn hits(place: &Place, files: usize) -> Vec<u8> {
    for file in 0..files {
        let hit = |line: usize| {
            let status = [200, 304, 404][(file + line) % 3];
            format!(
                "h - - [01/Jan/2012:00:00:0{} +0000] \"GET /{line} HTTP/1.1\" {status} {line}\n",
                line % 10
            )
        };
        place.file(
            &format!("logs/{file}"),
            (0..30).map(hit).collect::<String>().as_bytes(),
            100,
        );
    }
    place.whole("map logs -i clf --by status --agg count")
}

#[test]
fn an_array_of_shards_and_the_merge_after_it() {
    let place = Place::new();
    let whole = hits(&place, 11);
    let Some(cluster) = Cluster::start(&place) else {
        return;
    };
    // The example, with fewer shards.
    let example = fs::read_to_string(repository().join("examples/cluster/slurm.sh")).expect("an example");
    let fewer = example.replace("=1-20", "=1-4").replace("/20", "/4");
    assert_eq!(
        fewer.len() + 2,
        example.len(),
        "the array and the shards have the same size"
    );
    place.file("slurm.sh", fewer.as_bytes(), 0);
    cluster.types("sh slurm.sh logs out");
    cluster.wait_for_all_jobs();
    // The array may have left the queue before the merge has begun.
    let is_there = || fs::metadata(place.path("out/answer.tsv")).is_ok_and(|answer| answer.len() > 0);
    until("the answer", is_there);
    let answer = fs::read(place.path("out/answer.tsv")).unwrap_or_default();
    assert!(
        answer == whole,
        "{}\n{}",
        String::from_utf8_lossy(&answer),
        cluster.messages()
    );
    for shard in 1..=4 {
        assert!(place.path(&format!("out/{shard}.fold")).exists(), "shard {shard}");
    }
}

#[test]
fn a_task_that_is_put_back_while_it_runs_counts_once() {
    if !has("scontrol") {
        return;
    }
    let place = Place::new();
    let whole = hits(&place, 7);
    let Some(cluster) = Cluster::start(&place) else {
        return;
    };
    // The first start of the last input waits for ever. The next start waits until the first has ended, which may take
    // longer than Slurm does: it would find the state in use.
    let task = "#!/bin/sh\nexec flock lock.$1 fanfold run logs -z -i clf --by status --agg count --shard $1/2 --state $1.state --save $1.fold \
                --shell 'case $1 in *6) : >>begun; until test -e gate; do sleep 0.05; done;; esac; cat'\n";
    place.file("task", task.as_bytes(), 0);
    let submit = |shard: u32| {
        cluster.types(&format!(
            "sbatch --parsable --requeue --output {shard}.log --wrap 'sh task {shard}'"
        ))
    };
    let first = submit(1);
    submit(2);
    until("the last input", || place.path("begun").exists());
    assert!(!place.path("1.fold").exists(), "it is not whole yet");
    cluster.types(&format!("scontrol requeue {first}"));
    cluster.wait_for(
        "its place in the queue",
        &format!("squeue -h -o %T -j {first}"),
        |state| state.trim() == "PENDING",
    );
    assert!(
        !place.path("1.fold").exists(),
        "a task that was ended leaves none"
    );
    fs::write(place.path("gate"), "").expect("a file");
    // Slurm would wait for two minutes.
    cluster.wait_for(
        "its start",
        &format!("scontrol update JobId={first} StartTime=now"),
        |_| true,
    );
    // It may be out of the queue for a moment before it is done.
    cluster.wait_for("its end", &format!("scontrol show job {first}"), |job| {
        job.contains("Restarts=1") && job.contains("JobState=COMPLETED")
    });
    until("the other shard", || place.path("2.fold").exists());
    place.fan("merge 1.fold 2.fold").stdout(whole).ok();
}
