//! Benches of single parts: the queue, decoding, and the fold.
//!
//! `cargo bench --bench parts [-- FILTER]`. Whole-program comparisons are in `compare.sh`.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// The bounded queue between the main thread and the workers.
mod queue {
    use super::{Bencher, ItemsCount, black_box};
    use fanfold::job::{Input, Job};
    use std::thread;

    const JOBS: u64 = 20_000;

    /// Sends jobs through a queue of the given capacity, from one thread to two that drop them.
    #[divan::bench(args = [1, 2, 8, 64, 1024])]
    fn two_workers(bencher: Bencher, room: usize) {
        bencher.counter(ItemsCount::new(JOBS)).bench_local(|| {
            let (sender, receiver) = crossbeam_channel::bounded(room);
            thread::scope(|scope| {
                for _ in 0..2 {
                    let receiver = receiver.clone();
                    scope.spawn(move || receiver.iter().for_each(|job: Job| drop(black_box(job))));
                }
                drop(receiver);
                for seq in 0..JOBS {
                    let job = Job {
                        seq,
                        number: seq + 1,
                        inputs: vec![Input::File("logs/a.log.gz".into())],
                    };
                    if sender.send(job).is_err() {
                        break;
                    }
                }
                drop(sender);
            });
        });
    }
}

/// A [`Decoder`](fanfold::codec::Decoder) on a stream in memory; the decoded blocks are dropped.
mod decode {
    use super::{Bencher, BytesCount, black_box};
    use fanfold::codec::Decoder;
    use fanfold::memory::Budget;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;
    use std::ops::ControlFlow;

    #[divan::bench]
    fn plain(bencher: Bencher) {
        let log = log();
        bench_stream(bencher, &log, log.len());
    }

    #[divan::bench]
    fn gzip(bencher: Bencher) {
        let log = log();
        bench_stream(bencher, &pack(&log), log.len());
    }

    /// The same bytes in many small members, as in a log that `gzip >>` appends to.
    #[divan::bench]
    fn gzip_members_of_64k(bencher: Bencher) {
        let log = log();
        let packed: Vec<u8> = log.chunks(64 * 1024).flat_map(pack).collect();
        bench_stream(bencher, &packed, log.len());
    }

    fn bench_stream(bencher: Bencher, stream: &[u8], plain: usize) {
        let mut decoder = Decoder::new(Budget::new(256 << 20), None);
        let mut sum = 0;
        bencher.counter(BytesCount::new(plain)).bench_local(|| {
            let mut source = black_box(stream);
            let size = Some(stream.len() as u64);
            sum = 0;
            let done = decoder.decode(&mut source, size, &mut |_| {}, &mut |block, _| {
                sum += black_box(block).len();
                ControlFlow::Continue(())
            });
            assert!(done.is_ok(), "{done:?}");
            assert_eq!(sum, plain, "all of it");
        });
    }

    fn pack(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder
            .write_all(plain)
            .and_then(|()| encoder.finish())
            .expect("writing to a Vec can't fail")
    }

    /// Returns eight MiB of lines that compress about as well as logs do.
    fn log() -> Vec<u8> {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut log = Vec::with_capacity(8 << 20);
        while log.len() < 8 << 20 {
            let (host, path, size) = (rng.u16(..), rng.u16(..2000), rng.u16(..));
            let line = format!(
                "10.0.{}.{} - - [01/Jan/2012:00:00:01 -0500] \"GET /blog/{path}.html HTTP/1.1\" 200 {size} \"-\" \"curl\"\n",
                host >> 8,
                host & 255,
            );
            log.extend_from_slice(line.as_bytes());
        }
        log
    }
}

/// A group fold: adding records, and merging two tables into one.
mod fold {
    use super::{Bencher, ItemsCount, black_box};
    use fanfold::fold::{Fold, GroupPlan, Shape, start};
    use fanfold::memory::Budget;

    const RECORDS: usize = 200_000;

    /// Adds records with this many distinct keys, each equally often.
    #[divan::bench(args = [6, 20_000, 200_000])]
    fn count(bencher: Bencher, distinct: usize) {
        let keys = keys(distinct);
        let mut fold = empty();
        bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| {
            fold.clear();
            add(&mut *fold, &keys);
        });
    }

    #[divan::bench(args = [6, 20_000, 200_000])]
    fn merge(bencher: Bencher, distinct: usize) {
        let keys = keys(distinct);
        let with_inputs = || {
            let (mut left, mut right) = (empty(), empty());
            add(&mut *left, &keys);
            add(&mut *right, &keys);
            (left, right)
        };
        bencher
            .counter(ItemsCount::new(distinct))
            .with_inputs(with_inputs)
            .bench_local_refs(|(left, right)| {
                left.merge(&mut **right).expect("memory is enough");
            });
    }

    fn empty() -> Box<dyn Fold> {
        let plan = GroupPlan::new(Shape::Counted, vec!["1".to_owned()]);
        start(&plan, &Budget::new(1 << 30), &std::env::temp_dir())
    }

    fn add(fold: &mut dyn Fold, keys: &[String]) {
        for key in keys.iter().cycle().take(RECORDS) {
            let flow = fold
                .record(&[black_box(key.as_bytes())])
                .expect("memory is enough");
            assert!(flow.is_continue());
        }
    }

    fn keys(distinct: usize) -> Vec<String> {
        let mut rng = fastrand::Rng::with_seed(2);
        (0..distinct)
            .map(|_| format!("{}.{}.{}.{}", rng.u8(..), rng.u8(..), rng.u8(..), rng.u8(..)))
            .collect()
    }
}
