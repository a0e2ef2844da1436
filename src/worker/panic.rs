//! Panics of maps: caught, and reported once, as their job's failure.
//!
//! It does not know what becomes of the map.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside a map.
    static IN_MAP: Cell<bool> = const { Cell::new(false) };
}

/// Stops Rust from printing a map's panic, which is reported as its job's failure. The hook that was set before
/// prints all other panics. Does nothing the second time.
pub(crate) fn hush_maps() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IN_MAP.get() {
                before(info);
            }
        }));
    });
}

/// Calls a map. Returns its panic's message as the error.
pub(crate) fn caught<T>(map: impl FnOnce() -> T) -> Result<T, String> {
    IN_MAP.set(true);
    let end = catch_unwind(AssertUnwindSafe(map));
    IN_MAP.set(false);
    end.map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}
