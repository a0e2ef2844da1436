//! Literals of `< <= > >=`: numbers, times, and quoted text.

use super::equality::EPOCH_DIGITS;
use super::instant::parse_instant;
use super::moment::Moment;
use crate::record::decimal::{Decimal, short_integer};
use crate::record::notes::NoteKind;
use crate::record::suggest::quoted;
use crate::record::time::{TimeLiteral, TimePlan, TimeReader};
use jiff::Timestamp;
use std::cmp::Ordering;

/// What a value is ordered by.
#[derive(Debug, Clone)]
pub(super) enum Bound {
    /// A number.
    Number {
        /// The number without a unit.
        text: Vec<u8>,
        /// Its value, when it is a short integer.
        short: Option<i64>,
        /// The time that it is as an epoch.
        epoch: Option<Timestamp>,
    },
    /// A time.
    Time(TimeLiteral),
    /// Bytes.
    Text(Vec<u8>),
}

impl Bound {
    /// Builds a bound from what was typed; only quoted text may be neither number nor time.
    ///
    /// # Errors
    /// Why the text is no bound, and what to type instead.
    pub fn new(text: &str, is_quoted: bool, times: &TimePlan) -> Result<Bound, String> {
        if let Some(number) = plain_number(text) {
            return Ok(Bound::Number {
                short: short_integer(number.as_bytes()),
                epoch: TimeReader::new(&times.typed()).timestamp(number.as_bytes()),
                text: number.into_bytes(),
            });
        }
        match parse_instant(text, times) {
            Ok(Some(literal)) => Ok(Bound::Time(literal)),
            _ if is_quoted => Ok(Bound::Text(text.as_bytes().to_vec())),
            Ok(None) => Err(refusal(text)),
            Err(reason) => Err(reason),
        }
    }

    /// Returns whether the bound depends on when the program was started.
    pub fn is_relative(&self) -> bool {
        matches!(self, Bound::Time(literal) if literal.is_relative)
    }

    /// Returns true for a time, and for a number that may be one.
    #[inline]
    pub fn is_time(&self) -> bool {
        match self {
            Bound::Number { text, epoch, .. } => epoch.is_some() && text.len() >= EPOCH_DIGITS,
            Bound::Time(_) => true,
            Bound::Text(_) => false,
        }
    }

    /// Returns whether a time that goes on after the value is compared with: to a date, a date is its midnight.
    pub fn takes(&self, moment: Moment) -> bool {
        match self {
            Bound::Time(literal) => literal.has_clock || !moment.is_of_date,
            _ => true,
        }
    }

    /// Orders a time relative to this bound.
    pub fn order_time(&self, time: Timestamp) -> Option<Ordering> {
        match self {
            Bound::Number { epoch, .. } => Some(time.cmp(epoch.as_ref()?)),
            Bound::Time(literal) => Some(time.cmp(&literal.timestamp)),
            Bound::Text(_) => None,
        }
    }

    /// Returns the note on a value of another kind; any value has an order among texts.
    pub fn kind(&self) -> Option<NoteKind> {
        match self {
            Bound::Number { .. } => Some(NoteKind::ComparedNumber),
            Bound::Time(_) => Some(NoteKind::ComparedTime),
            Bound::Text(_) => None,
        }
    }

    /// Orders `value` relative to this bound; `None` when it is of another kind.
    #[inline]
    pub fn order(&self, value: &[u8], times: &mut TimeReader) -> Option<Ordering> {
        match self {
            Bound::Number { text, short, epoch } => {
                if let (Some(bound), Some(value)) = (short, short_integer(value)) {
                    return Some(value.cmp(bound));
                }
                if let Some(value) = Decimal::parse(value) {
                    return Some(value.compare(&Decimal::parse(text)?));
                }
                Some(times.timestamp(value)?.cmp(epoch.as_ref()?))
            }
            Bound::Time(_) => self.order_time(times.timestamp(value)?),
            Bound::Text(text) => Some(value.cmp(text)),
        }
    }
}

/// The units of numbers: powers of 1000, and of 1024 with an `i`.
const UNITS: [char; 6] = ['k', 'M', 'G', 'T', 'P', 'E'];

/// Returns a number as digits: `1.5k` is `1500`, `1Ki` `1024`.
fn plain_number(text: &str) -> Option<String> {
    if Decimal::parse(text.as_bytes()).is_some() {
        return Some(text.to_owned());
    }
    let short = text.strip_suffix('B').unwrap_or(text);
    let (short, base) = match short.strip_suffix('i') {
        Some(short) => (short, 1024),
        None => (short, 1000),
    };
    let unit = short.chars().last()?;
    let power = UNITS
        .iter()
        .position(|&known| known == unit || (unit == 'K' && known == 'k'))?;
    let number = &short[..short.len() - 1];
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    // 18 digits times 1024^6 fit 128 bits.
    if digits.len() > 18 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = digits.parse::<i128>().ok()? * i128::pow(base, power as u32 + 1);
    let sign = if unsigned.len() < number.len() { "-" } else { "" };
    Some(format!("{sign}{value}e-{}", fraction.len()))
}

/// Says why a bare text is no bound, and what to type instead.
fn refusal(text: &str) -> String {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    let number = &text[..text.len() - unit.len()];
    let is_number = Decimal::parse(number.as_bytes()).is_some();
    let plain = text.replace([',', '_'], "");
    let way_out = "quote it to compare as text";
    if plain != text && Decimal::parse(plain.as_bytes()).is_some() {
        return format!("{} is no number: type {plain}, or {way_out}", quoted(text));
    }
    match unit {
        "m" | "g" | "t" if is_number => format!(
            "{} is no number: {number}{} is one, and '{number}m ago' a time; or {way_out}",
            quoted(text),
            unit.to_uppercase()
        ),
        "kb" | "mb" | "gb" | "b" | "Kb" | "Mb" | "Gb" if is_number => format!(
            "{} is no number: the units are k, M, G, T (1000) and Ki, Mi, Gi, Ti (1024); or {way_out}",
            quoted(text)
        ),
        "s" | "h" | "d" | "w" if is_number => format!(
            "{} is no number and no time: '{text} ago' or -{text} is a time; or {way_out}",
            quoted(text)
        ),
        _ => format!("{} is no number and no time: {way_out}", quoted(text)),
    }
}
