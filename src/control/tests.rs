//! Two seats, and what their workers hear.

use super::*;

fn control() -> Control {
    Control::new(2).expect("two descriptors can be had")
}

#[test]
fn a_wish_is_never_weakened() {
    let control = control();
    control.wish(Wish::Terminate(15));
    control.wish(Wish::Terminate(2));
    assert_eq!(control.seat(1).wish(), Wish::Terminate(15));
    control.wish(Wish::Kill);
    control.wish(Wish::Terminate(15));
    assert_eq!(control.seat(0).wish(), Wish::Kill);
}

#[test]
fn a_wish_wakes_every_seat_until_it_is_hushed() {
    let control = control();
    control.wish(Wish::Kill);
    for slot in 0..2 {
        let seat = control.seat(slot);
        let started = Instant::now();
        seat.pause(Duration::from_secs(60));
        assert!(started.elapsed() < Duration::from_secs(30));
        seat.hush();
        let bell = Some((seat.wake_fd(), crate::sys::Interest::Read));
        let ready = crate::sys::poll([bell], Some(Duration::ZERO));
        assert_eq!(ready.expect("poll works"), [crate::sys::Ready::No]);
    }
}

#[test]
fn only_the_worker_that_holds_output_of_the_job_is_woken() {
    let control = control();
    let (idle, holds) = (control.seat(0), control.seat(1));
    let rings = |seat: &Seat| {
        let bell = Some((seat.wake_fd(), crate::sys::Interest::Read));
        crate::sys::poll([bell], Some(Duration::ZERO)).expect("poll works") != [crate::sys::Ready::No]
    };
    idle.begin(3);
    holds.begin(4);
    control.nudge(4);
    assert!(!rings(&holds), "it holds nothing");
    holds.hold();
    control.nudge(3);
    assert!(!rings(&holds) && !rings(&idle), "another's turn");
    control.nudge(4);
    assert!(rings(&holds) && !rings(&idle));
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
    control.add_seat().expect("a descriptor");
    let seats = [0, 1, 2].map(|slot| control.seat(slot));
    control.have_at_most(1);
    control.have_one_stay();
    let left: Vec<_> = seats.iter().filter_map(Seat::leave).collect();
    assert_eq!(left, [(2, 3)]);
}

#[test]
fn suspend_waits_for_running_children_only() {
    let control = control();
    control.seat(0).set_activity(Activity::Stopped);
    control.suspend(Duration::from_secs(60));
    assert!(control.seat(1).is_suspended());
    control.resume();
    assert!(!control.seat(1).is_suspended());
}
