//! Two workers, and what they are asked.

use super::*;

fn control() -> Control {
    Control::new(2).expect("two descriptors can be had")
}

#[test]
fn a_request_is_never_weakened() {
    let control = control();
    control.request_stop(StopRequest::Terminate(15));
    control.request_stop(StopRequest::Terminate(2));
    assert_eq!(control.worker(1).stop_request(), StopRequest::Terminate(15));
    control.request_stop(StopRequest::Kill);
    control.request_stop(StopRequest::Terminate(15));
    assert_eq!(control.worker(0).stop_request(), StopRequest::Kill);
}

#[test]
fn a_request_wakes_every_worker_until_its_waker_is_cleared() {
    let control = control();
    control.request_stop(StopRequest::Kill);
    for slot in 0..2 {
        let worker = control.worker(slot);
        let started = Instant::now();
        worker.pause(Duration::from_secs(60));
        assert!(started.elapsed() < Duration::from_secs(30));
        worker.clear();
        let waker = Some((worker.waker_fd(), crate::sys::Interest::Read));
        let ready = crate::sys::poll([waker], Some(Duration::ZERO));
        assert_eq!(ready.expect("poll works"), [crate::sys::Ready::No]);
    }
}

#[test]
fn only_the_worker_that_holds_output_of_the_job_is_woken() {
    let control = control();
    let (idle, holds) = (control.worker(0), control.worker(1));
    let wakes = |worker: &WorkerHandle| {
        let waker = Some((worker.waker_fd(), crate::sys::Interest::Read));
        crate::sys::poll([waker], Some(Duration::ZERO)).expect("poll works") != [crate::sys::Ready::No]
    };
    idle.begin(3, 4);
    holds.begin(4, 5);
    control.wake_job(4);
    assert!(!wakes(&holds), "it holds nothing");
    holds.hold();
    control.wake_job(3);
    assert!(!wakes(&holds) && !wakes(&idle), "another's turn");
    control.wake_job(4);
    assert!(wakes(&holds) && !wakes(&idle));
    assert_eq!(
        control.in_flight().iter().map(|job| job.seq).collect::<Vec<_>>(),
        [3, 4]
    );
    holds.end();
    assert_eq!(control.in_flight().len(), 1);
}

#[test]
fn so_many_workers_leave_that_enough_are_left() {
    let control = control();
    control.add_slot().expect("a descriptor");
    let workers = [0, 1, 2].map(|slot| control.worker(slot));
    control.shrink_to(1);
    control.grow_by_one();
    let left: Vec<_> = workers.iter().filter_map(WorkerHandle::exit_if_asked).collect();
    assert_eq!(left, [(2, 3)]);
}

#[test]
fn suspend_waits_for_running_children_only() {
    let control = control();
    control.worker(0).set_activity(Activity::Stopped);
    control.suspend(Duration::from_secs(60));
    assert!(control.worker(1).is_suspended());
    control.resume();
    assert!(!control.worker(1).is_suspended());
}
