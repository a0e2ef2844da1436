//! A run with `--state` that is killed at any moment carries on as if it had not been.

use crate::support::{Done, Place, StatefulRun, finished_files, gzip, has, setting};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// For how many seconds each command line is killed again and again, unless the environment says otherwise:
/// `FANFOLD_KILL_SECONDS=600 cargo test --test it state::killed`.
const SECONDS: u64 = 2;
/// In so many rounds, lives of runs have become short enough that most are killed, whenever the time was over.
const MOST_ROUNDS: u32 = 40;
const JOBS: usize = 60;
const WORKERS: usize = 3;

/// Kills it three times and lets it end, again and again.
fn is_killed_at_random(run: &StatefulRun) {
    let place = Place::in_memory();
    for n in 0..JOBS {
        let line = format!("host{} line {n}\n", n % 7);
        place.file(&format!("in/{n:02}.gz"), &gzip(line.as_bytes()), 100);
    }
    let started = Instant::now();
    let whole = run.end(&place);
    whole.expect(whole.status.success(), "a first run");
    // The longest life of a run, adjusted such that most are killed, at any point.
    let mut life = started.elapsed();
    let files = finished_files(&place);
    let until = Instant::now() + Duration::from_secs(setting("FANFOLD_KILL_SECONDS", SECONDS));
    let (mut rounds, mut killed) = (0u32, 0);
    // On a busy machine a round may take all the time, and runs be faster or slower than the ones before.
    while rounds == 0 || Instant::now() < until || (killed <= rounds && rounds < MOST_ROUNDS) {
        run.forget(&place);
        for _ in 0..3 {
            let was_killed = run.kill_after(&place, life.mul_f64(fastrand::f64()));
            killed += u32::from(was_killed);
            life = life.mul_f64(if was_killed { 1.05 } else { 0.9 });
        }
        carries_on(run, &place, &whole, &format!("round {rounds}"));
        assert!(finished_files(&place) == files, "round {rounds}");
        if run.notes_jobs {
            let ran = place.lines("ran").len();
            let most = JOBS + 3 * WORKERS;
            assert!((JOBS..=most).contains(&ran), "round {rounds}: {ran} ran");
        }
        rounds += 1;
    }
    let kills = 3 * rounds;
    let _ = writeln!(std::io::stderr(), "{rounds} rounds, {killed} of {kills} killed");
    assert!(killed > rounds, "{killed} of {kills} were killed");
}

/// Runs it to its end, which gives what an uninterrupted run gave.
fn carries_on(run: &StatefulRun, place: &Place, whole: &Done, how: &str) {
    let done = run.end(place);
    done.expect(
        done.status.success() && done.err.is_empty(),
        &format!("{how}: success"),
    );
    done.expect(done.out == whole.out, &format!("{how}: the whole output"));
}

/// Kills it at its first call of one of these, then at its second, and so on, and lets it end.
fn is_killed_at_every(run: &StatefulRun, calls: &str, jobs: usize) {
    let place = Place::in_memory();
    place.logs(0..jobs);
    let whole = run.end(&place);
    let files = finished_files(&place);
    for n in 1.. {
        run.forget(&place);
        let inject = format!("inject={calls}:signal=KILL:when={n}");
        let options = ["-e", &format!("trace={calls}"), "-e", &inject];
        let killed = run.end_under_strace(&place, &options);
        let ended = killed.status.success();
        killed.expect(!ended || killed.out == whole.out, &format!("{calls} {n}"));
        carries_on(run, &place, &whole, &format!("{calls} {n}"));
        assert!(finished_files(&place) == files, "{calls} {n}");
        if ended {
            assert!(n > 1, "{calls} was never called");
            return;
        }
    }
}

#[test]
fn a_map_that_is_killed_again_and_again_gives_the_output_of_an_uninterrupted_one() {
    is_killed_at_random(&StatefulRun::map());
}

#[test]
fn a_run_that_is_killed_again_and_again_gives_the_output_of_an_uninterrupted_one() {
    is_killed_at_random(&StatefulRun::run());
}

#[test]
fn a_run_that_is_killed_again_and_again_makes_the_files_of_an_uninterrupted_one() {
    is_killed_at_random(&StatefulRun::run_out());
}

#[test]
fn a_run_that_is_killed_at_any_system_call_carries_on() {
    if !has("strace") {
        return;
    }
    is_killed_at_every(&StatefulRun::run_out(), "rename,renameat,renameat2", 6);
    is_killed_at_every(&StatefulRun::run_out(), "fsync,fdatasync", 6);
    for calls in ["pwrite64", "fdatasync,fsync", "unlink,ftruncate", "write"] {
        is_killed_at_every(&StatefulRun::map(), calls, 6);
    }
    // So many jobs that their results are bundled.
    is_killed_at_every(&StatefulRun::map(), "pwrite64", 33);
}
