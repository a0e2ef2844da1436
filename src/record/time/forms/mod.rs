//! The forms in which times are written: their table.
//!
//! Each scanner reads from the beginning of a text as far as the time goes. It knows the shape of its form, not
//! whether there is such a time, nor what may stand after it.

mod clf;
mod compact;
mod epoch;
mod iso;
mod month_day;
mod month_name;
mod short_year;

use super::scanner::Scanner;
use super::written::Written;

/// One row of the table of forms.
#[derive(Debug)]
pub(crate) struct TimeForm {
    /// The name in lists.
    pub name: &'static str,
    /// One line of help: examples.
    pub help: &'static str,
    pub(super) scan: fn(&mut Scanner<'_>) -> Option<Written>,
}

/// The known forms. A text has at most one of them, except that the digits of a compact time may also be an epoch:
/// that stands last.
pub(crate) static TIME_FORMS: &[TimeForm] = &[
    TimeForm {
        name: "clf",
        help: "10/Oct/2000:13:55:36 -0700, and RFC 2822: Tue, 10 Oct 2000 13:55:36 -0700",
        scan: clf::scan,
    },
    TimeForm {
        name: "iso",
        help: "RFC 3339 and ISO 8601: 2000-10-10T13:55:36.123Z, 2000-10-10 13:55:36,123 +02, 2000/10/10 13:55:36, 2000-10-10-13.55.36.123456, 2000-10-10",
        scan: iso::scan,
    },
    TimeForm {
        name: "syslog",
        help: "Oct 10 13:55:36, and asctime: Tue Oct 10 13:55:36 2000",
        scan: month_name::scan,
    },
    TimeForm {
        name: "short-year",
        help: "00/10/10 13:55:36, the year first",
        scan: short_year::scan,
    },
    TimeForm {
        name: "month-day",
        help: "10-10 13:55:36.123",
        scan: month_day::scan,
    },
    TimeForm {
        name: "compact",
        help: "20001010T135536Z, 20001010135536, 20001010-13:55:36:123, 001010 135536, 20001010",
        scan: compact::scan,
    },
    TimeForm {
        name: "epoch",
        help: "seconds, milliseconds, microseconds or nanoseconds since 1970, by their size: 971178936.123",
        scan: epoch::scan,
    },
];
