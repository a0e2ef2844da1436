//! A pool of threads that do CPU-heavy jobs for other threads, which wait for the answers.
//!
//! It is the co-processor of a threaded server: however many threads submit jobs, no more run at once than
//! there are workers, and the queue before them is bounded. It does not know files, maps or runs.

use crate::job::Failure;
use crate::worker;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use std::io;
use std::num::NonZeroUsize;
use std::thread::{Builder, JoinHandle};

/// Workers that turn a `Q` into an `A`.
///
/// ```
/// use fanfold::pool::Pool;
/// use std::num::NonZeroUsize;
///
/// let two = NonZeroUsize::new(2).expect("2 is not 0");
/// // Each worker has its own function, which may keep what is expensive to make.
/// let pool = Pool::new(two, 16, |_slot| {
///     let mut buffer = Vec::new();
///     move |text: &str| {
///         buffer.clear();
///         buffer.extend(text.bytes().rev());
///         String::from_utf8_lossy(&buffer).into_owned()
///     }
/// })?;
/// // From any thread: submit, do something else, wait.
/// std::thread::scope(|scope| {
///     for word in ["fan", "fold"] {
///         let pool = &pool;
///         scope.spawn(move || {
///             let answer = pool.submit(word);
///             let reversed: String = word.chars().rev().collect();
///             assert_eq!(answer.wait().expect("no panic"), reversed);
///         });
///     }
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// A dropped pool finishes the jobs that are waiting, and then ends.
#[derive(Debug)]
pub struct Pool<Q, A> {
    /// `None` while the pool is being dropped.
    queue: Option<Sender<Submitted<Q, A>>>,
    workers: Vec<JoinHandle<()>>,
}

/// A job, and the channel for its answer.
#[derive(Debug)]
struct Submitted<Q, A> {
    job: Q,
    answer: Sender<Result<A, Failure>>,
}

/// The pending answer to a job. The job is done even if this is dropped.
#[derive(Debug)]
#[must_use = "only the answer tells whether the job failed"]
pub struct Answer<A> {
    from: Receiver<Result<A, Failure>>,
}

impl<Q: Send + 'static, A: Send + 'static> Pool<Q, A> {
    /// Starts `workers` threads, each with the function that `start` returns for its slot (from 0). At most
    /// `waiting` jobs wait for a worker.
    ///
    /// When the function panics, its job fails, nothing is printed, and the worker goes on with a new
    /// function.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn new<F>(
        workers: NonZeroUsize,
        waiting: usize,
        start: impl Fn(usize) -> F + Clone + Send + 'static,
    ) -> io::Result<Self>
    where
        F: FnMut(Q) -> A,
    {
        worker::hush_maps();
        let (sender, jobs) = bounded(waiting);
        let mut pool = Pool {
            queue: Some(sender),
            workers: Vec::with_capacity(workers.get()),
        };
        for slot in 0..workers.get() {
            let (jobs, start) = (jobs.clone(), start.clone());
            let thread = Builder::new().name(format!("pool worker {}", slot + 1));
            // On an error the pool is dropped, which ends the threads that were started.
            pool.workers
                .push(thread.spawn(move || work(&jobs, || start(slot)))?);
        }
        Ok(pool)
    }

    /// Hands a job to the pool. Blocks while too many jobs wait.
    pub fn submit(&self, job: Q) -> Answer<A> {
        let (submitted, from) = Submitted::new(job);
        // Can't fail: the workers live as long as the pool.
        let _ = self.queue().send(submitted);
        Answer { from }
    }

    /// As [`Pool::submit`], without blocking.
    ///
    /// # Errors
    /// Returns the job when too many wait: a server can answer that it is busy.
    pub fn try_submit(&self, job: Q) -> Result<Answer<A>, Q> {
        let (submitted, from) = Submitted::new(job);
        match self.queue().try_send(submitted) {
            Ok(()) => Ok(Answer { from }),
            Err(TrySendError::Full(refused) | TrySendError::Disconnected(refused)) => Err(refused.job),
        }
    }

    fn queue(&self) -> &Sender<Submitted<Q, A>> {
        self.queue.as_ref().expect("only drop takes the queue")
    }
}

impl<Q, A> Submitted<Q, A> {
    fn new(job: Q) -> (Self, Receiver<Result<A, Failure>>) {
        // The channel holds the one answer, so that no worker waits for the submitter.
        let (answer, from) = bounded(1);
        (Submitted { job, answer }, from)
    }
}

impl<A> Answer<A> {
    /// Blocks until the answer is there.
    ///
    /// # Errors
    /// [`Failure::Panicked`] when the job panicked.
    pub fn wait(self) -> Result<A, Failure> {
        self.from.recv().unwrap_or(Err(Failure::Stopped))
    }

    /// Returns the answer if it is there. A job that can no longer be answered has failed.
    ///
    /// # Errors
    /// Returns itself, to be asked again.
    pub fn try_wait(self) -> Result<Result<A, Failure>, Self> {
        match self.from.try_recv() {
            Ok(answer) => Ok(answer),
            Err(TryRecvError::Empty) => Err(self),
            Err(TryRecvError::Disconnected) => Ok(Err(Failure::Stopped)),
        }
    }
}

impl<Q, A> Drop for Pool<Q, A> {
    fn drop(&mut self) {
        self.queue = None;
        for worker in self.workers.drain(..) {
            // A worker catches the panics of jobs, so its thread has nothing to report.
            let _ = worker.join();
        }
    }
}

fn work<Q, A, F: FnMut(Q) -> A>(jobs: &Receiver<Submitted<Q, A>>, start: impl Fn() -> F) {
    // `start` runs inside `caught` too: if it panics, the job that needed it fails.
    let mut function = None;
    for Submitted { job, answer } in jobs {
        let end = worker::caught(|| function.get_or_insert_with(&start)(job));
        if end.is_err() {
            // After a panic, the function's state can't be trusted.
            function = None;
        }
        // Fails when nobody waits for the answer any more.
        let _ = answer.send(end.map_err(|what| Failure::Panicked { what }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    fn two() -> NonZeroUsize {
        NonZeroUsize::new(2).expect("2 is not 0")
    }

    #[test]
    fn each_thread_gets_the_answers_to_its_own_jobs() {
        let pool = Pool::new(two(), 3, |_| |n: u64| n * n).expect("threads");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let pool = &pool;
                scope.spawn(move || {
                    let ask = |n: u64| (thread * 1000 + n, pool.submit(thread * 1000 + n));
                    let answers: Vec<_> = (0..100).map(ask).collect();
                    for (n, answer) in answers {
                        assert_eq!(answer.wait().expect("no panic"), n * n);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_is_the_failure_of_its_job_and_costs_the_worker_its_function() {
        let pool = Pool::new(NonZeroUsize::MIN, 8, |_| {
            let mut count = 0;
            move |job: &str| {
                count += 1;
                assert!(job != "bad", "not {job}");
                count
            }
        });
        let pool = pool.expect("a thread");
        let answers = ["good", "good", "bad", "good"].map(|job| pool.submit(job));
        let ends = answers.map(|answer| answer.wait().map_err(|failure| failure.to_string()));
        let panicked = Err("the map panicked: not bad".to_owned());
        assert_eq!(ends, [Ok(1), Ok(2), panicked, Ok(1)]);
    }

    #[test]
    fn a_full_queue_gives_the_job_back() {
        let (entered, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let barriers = (Arc::clone(&entered), Arc::clone(&leave));
        let pool = Pool::new(NonZeroUsize::MIN, 1, move |_| {
            let (entered, leave) = barriers.clone();
            move |block: bool| {
                if block {
                    entered.wait();
                    leave.wait();
                }
                block
            }
        });
        let pool = pool.expect("a thread");
        let first = pool.submit(true);
        entered.wait();
        let second = pool.try_submit(false).expect("there is room for one");
        assert!(!pool.try_submit(false).expect_err("and for no other"));
        let first = first.try_wait().expect_err("it is blocked");
        leave.wait();
        assert!(first.wait().expect("no panic"));
        assert!(!second.wait().expect("no panic"));
    }

    #[test]
    fn a_job_that_can_no_longer_be_answered_has_failed() {
        let (submitted, from) = Submitted::<(), ()>::new(());
        let answer = Answer { from }.try_wait().expect_err("it may still come");
        drop(submitted);
        let failure = answer.try_wait().expect("nobody is left to answer");
        assert!(matches!(failure, Err(Failure::Stopped)));
    }

    #[test]
    fn jobs_that_wait_are_done_before_a_dropped_pool_ends() {
        let pool = Pool::new(two(), 100, |_| |n: usize| n).expect("threads");
        let answers: Vec<_> = (0..100).map(|n| pool.submit(n)).collect();
        drop(pool);
        let sum: usize = answers
            .into_iter()
            .map(|answer| answer.try_wait().expect("done").expect("no panic"))
            .sum();
        assert_eq!(sum, 4950);
    }
}
