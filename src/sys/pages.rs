//! How the kernel is asked to give memory.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The least that is worth asking for: a few huge pages.
const LEAST: usize = 4 << 20;
/// A huge page, where they are of the usual size.
const HUGE: usize = 2 << 20;
/// About what the small pages in place of a huge one take.
const SLOW: Duration = Duration::from_millis(1);
/// The least that is worth a thread.
const MUCH: usize = 8 << 20;

/// How much of the small ones is got, or given back, at a time: others who want memory wait for as long.
const STEP: usize = 512 << 10;

/// Whether a thread of this process gets pages: of many buffers that are filled at once each has a thread
/// already, and there is no core for more.
static HELPING: AtomicBool = AtomicBool::new(false);

/// A large fresh buffer that is used from its beginning on.
#[derive(Debug, Default)]
pub struct Fresh {
    bytes: Vec<u8>,
    /// How much has its pages, or is left to get them when it is used, or to the helper.
    had: usize,
    /// How much was used.
    used: usize,
    helper: Option<Helper>,
}

/// A thread that gets pages.
#[derive(Debug)]
struct Helper {
    orders: Arc<Mutex<Orders>>,
    thread: JoinHandle<()>,
}

/// What a helper is to do, and how far it is.
#[derive(Debug)]
struct Orders {
    /// How much of the buffer is to have its pages.
    wanted: usize,
    /// Whether it has gone, and hears no more of what is wanted.
    gone: bool,
    /// Whether huge pages turned out slow.
    small: bool,
}

impl Fresh {
    /// Zeroes. They cost nothing until they are used.
    pub fn new(length: usize) -> Self {
        let bytes = vec![0; length];
        let had = if length < LEAST { length } else { 0 };
        if had == 0 {
            ask(&Span::of(&bytes), 0, length, Ask::Huge);
        }
        Fresh {
            bytes,
            had,
            used: 0,
            helper: None,
        }
    }

    /// Whether there is nothing of it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Its first bytes, as many as are about to be used.
    ///
    /// Huge pages cost a few faults and not one for every 4 KiB, and are found faster later on: 48 MB take 6 ms
    /// and not 22. But a virtual machine may have given its free memory back to its host, who takes 5 ms for each
    /// huge page then, 130 in all, and 30 in all for small ones. So the first that is slow is the last.
    pub fn first(&mut self, length: usize) -> &mut [u8] {
        if let Some(helper) = &self.helper
            && self.had < length
            && helper.orders().small
        {
            self.had = self.bytes.len();
        }
        while self.had < length {
            let start = Instant::now();
            *black_box(&mut self.bytes[self.had]) = 0;
            self.had = Span::of(&self.bytes).huge_page_after(self.had);
            if start.elapsed() > SLOW {
                ask(&Span::of(&self.bytes), 0, self.bytes.len(), Ask::Small);
                self.had = self.bytes.len();
            }
        }
        self.used = self.used.max(length);
        &mut self.bytes[..length]
    }

    /// Has a thread get the pages of the first bytes, as many as will be used, while others fill them, where
    /// that is worth its while: they take as long as what a gzip file decodes to.
    pub fn expect(&mut self, length: usize) {
        let length = length.min(self.bytes.len());
        if length <= self.had {
            return;
        }
        if let Some(helper) = &self.helper {
            let mut orders = helper.orders();
            if !orders.gone {
                orders.wanted = length;
                self.had = length;
                return;
            }
        }
        if length - self.had < MUCH || HELPING.swap(true, Ordering::Relaxed) {
            return;
        }
        match Helper::start(Span::of(&self.bytes), self.had, length) {
            Some(helper) => {
                self.dismiss();
                (self.helper, self.had) = (Some(helper), length);
            }
            None => HELPING.store(false, Ordering::Relaxed),
        }
    }

    /// Has the helper go.
    fn dismiss(&mut self) {
        if let Some(helper) = self.helper.take() {
            helper.orders().wanted = 0;
            // It does not panic.
            let _ = helper.thread.join();
        }
    }
}

impl Drop for Fresh {
    /// Small pages take a quarter as long to be given back as to be got, and nobody need wait for that.
    fn drop(&mut self) {
        self.dismiss();
        if self.used < MUCH || HELPING.swap(true, Ordering::Relaxed) {
            return;
        }
        let bytes = Arc::new(std::mem::take(&mut self.bytes));
        let half = self.used / 2;
        for part in [0..half, half..self.used] {
            let bytes = Arc::clone(&bytes);
            let thread = thread::Builder::new().name("pages".into());
            // Without a thread, all are given back with the last that knows of them.
            let _ = thread.spawn(move || {
                let span = Span::of(&bytes);
                for at in part.clone().step_by(STEP) {
                    ask(&span, at, part.end.min(at + STEP), Ask::Discard);
                }
            });
        }
        HELPING.store(false, Ordering::Relaxed);
    }
}

impl Helper {
    /// Gets pages from here on. None where there is no thread to be had.
    fn start(span: Span, from: usize, wanted: usize) -> Option<Self> {
        let orders = Arc::new(Mutex::new(Orders {
            wanted,
            gone: false,
            small: false,
        }));
        let heard = Arc::clone(&orders);
        let thread = thread::Builder::new().name("pages".into());
        let thread = thread.spawn(move || {
            get(&span, from, &heard);
            HELPING.store(false, Ordering::Relaxed);
        });
        Some(Helper {
            orders,
            thread: thread.ok()?,
        })
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gets pages from here on, for as long as more are wanted.
fn get(span: &Span, from: usize, orders: &Mutex<Orders>) {
    let mut got = from;
    let mut small = false;
    loop {
        let mut heard = orders.lock().unwrap_or_else(PoisonError::into_inner);
        heard.small = small;
        if got >= heard.wanted {
            heard.gone = true;
            return;
        }
        drop(heard);
        let next = if small {
            got + STEP
        } else {
            span.huge_page_after(got)
        };
        let start = Instant::now();
        if !ask(span, got, next, Ask::Populate) {
            // It is not known how to: pages are got when they are used.
            ask(span, 0, span.length, Ask::Small);
            got = usize::MAX;
            continue;
        }
        if !small && next - got > HUGE / 2 && start.elapsed() > SLOW {
            ask(span, 0, span.length, Ask::Small);
            small = true;
        }
        got = next;
    }
}

/// Where a buffer lies in memory.
#[derive(Debug)]
struct Span {
    address: usize,
    length: usize,
}

impl Span {
    fn of(bytes: &[u8]) -> Self {
        Span {
            address: bytes.as_ptr().expose_provenance(),
            length: bytes.len(),
        }
    }

    /// Where the first huge page behind this byte begins, from the buffer's beginning.
    fn huge_page_after(&self, at: usize) -> usize {
        (self.address + at + 1).next_multiple_of(HUGE) - self.address
    }

    /// Address and length of the pages with these bytes, but for those at the ends that are not all the buffer's.
    fn pages(&self, from: usize, to: usize) -> (usize, usize) {
        let page = rustix::param::page_size();
        let first = self.address.next_multiple_of(page);
        let start = ((self.address + from) / page * page).max(first);
        let last = (self.address + self.length) / page * page;
        let end = (self.address + to).next_multiple_of(page).min(last);
        (start, end.saturating_sub(start))
    }
}

/// What the kernel is asked about pages.
#[derive(Clone, Copy)]
enum Ask {
    /// Huge ones, where there are none yet.
    Huge,
    /// Small ones, where there are none yet.
    Small,
    /// To get them now.
    Populate,
    /// To take them back: the bytes become zeroes.
    Discard,
}

/// Asks for that between these bytes. False where it can't be had, and nothing changes.
fn ask(span: &Span, from: usize, to: usize, what: Ask) -> bool {
    let (start, length) = span.pages(from, to);
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::Advice;
        let advice = match what {
            Ask::Huge => Advice::LinuxHugepage,
            Ask::Small => Advice::LinuxNoHugepage,
            Ask::Populate => Advice::LinuxPopulateWrite,
            Ask::Discard => Advice::LinuxDontNeed,
        };
        let start = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: whole pages inside a buffer that is there for as long as its span is used. All but the last
        // advice change no byte of them, whoever writes to them meanwhile, and that is asked for where nobody
        // reads the buffer any more.
        unsafe { rustix::mm::madvise(start, length, advice) }.is_ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (start, length, what);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_buffer_keeps_what_is_written_while_more_of_it_is_used() {
        for length in [1, LEAST - 1, LEAST, 5 * HUGE + 1] {
            let mut fresh = Fresh::new(length);
            let mut used = 0;
            for part in 1..=7 {
                let first = fresh.first(length * part / 7);
                assert!(first[used..].iter().all(|&byte| byte == 0));
                assert!(first[..used].iter().all(|&byte| byte == 1));
                first.fill(1);
                used = first.len();
            }
            assert_eq!(used, length);
        }
    }

    #[test]
    fn what_is_written_stays_while_a_thread_gets_pages() {
        for length in [MUCH - 1, MUCH, MUCH + 3 * HUGE + 1] {
            let mut fresh = Fresh::new(length + 1);
            for part in [length / 2, length] {
                fresh.expect(part);
                fresh.first(part).fill(1);
            }
            fresh.expect(length + 1);
            assert_eq!(
                fresh
                    .first(length + 1)
                    .iter()
                    .map(|&b| usize::from(b))
                    .sum::<usize>(),
                length
            );
        }
    }

    #[test]
    fn a_buffer_can_go_while_a_thread_gets_its_pages() {
        let mut fresh = Fresh::new(8 * MUCH);
        fresh.expect(8 * MUCH);
        fresh.first(8 * MUCH)[8 * MUCH - 1] = 1;
    }
}
