//! Durations and sizes in text, as decimal numbers of seconds and of bytes.

/// The decimal places of a sum.
const PLACES: usize = 18;

/// One, as a sum has it.
const ONE: i128 = 1_000_000_000_000_000_000;

/// Units of durations, each with what it is in seconds, times [`ONE`].
const DURATIONS: [(&[&str], i128); 8] = [
    (&["ns"], ONE / 1_000_000_000),
    (&["us", "µs", "μs"], ONE / 1_000_000),
    (&["ms", "msec"], ONE / 1000),
    (&["s", "sec", "secs", "second", "seconds"], ONE),
    (&["m", "min", "mins", "minute", "minutes"], 60 * ONE),
    (&["h", "hr", "hrs", "hour", "hours"], 3600 * ONE),
    (&["d", "day", "days"], 86_400 * ONE),
    (&["w", "week", "weeks"], 7 * 86_400 * ONE),
];

/// The letters of sizes: powers of 1000, and of 1024 with an `i`.
const SIZES: &str = "kmgtpe";

/// Replaces a duration such as `1.5s`, `120ms` or `2m3s` by its seconds. Digits alone are seconds. Returns false when
/// the value is no duration.
pub(super) fn seconds(value: &mut Vec<u8>) -> bool {
    replace(value, |text| {
        let (text, sign) = match text.strip_prefix('-') {
            Some(text) => (text, -1),
            None => (text, 1),
        };
        let (mut sum, mut rest) = (0i128, text);
        loop {
            let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, after) = rest.split_at(unit_at);
            let after = after.trim_start();
            let end = after
                .find(|c: char| c.is_ascii_digit() || c == ' ')
                .unwrap_or(after.len());
            let (unit, after) = after.split_at(end);
            let (_, unit) = DURATIONS.iter().find(|(names, _)| names.contains(&unit))?;
            sum = sum.checked_add(product(number, *unit)?)?;
            rest = after.trim_start();
            if rest.is_empty() {
                return Some(sign * sum);
            }
        }
    })
}

/// Replaces a size such as `1.5K` or `3MiB` by its bytes. Returns false when the value is no size.
pub(super) fn bytes(value: &mut Vec<u8>) -> bool {
    replace(value, |text| {
        let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = text.split_at(unit_at);
        let unit = unit.trim_start().to_ascii_lowercase();
        let unit = ["bytes", "byte", "b"]
            .iter()
            .find_map(|name| unit.strip_suffix(name))
            .unwrap_or(&unit);
        let (letter, base) = match unit.strip_suffix('i') {
            Some(letter) => (letter, 1024i128),
            None => (unit, 1000),
        };
        let power = match letter.chars().next() {
            None if base == 1000 => 0,
            Some(name) if letter.len() == 1 => SIZES.find(name)? as u32 + 1,
            _ => return None,
        };
        product(number, ONE.checked_mul(base.pow(power))?)
    })
}

/// Replaces a value by what `read` makes of it; a number is left as it is.
fn replace(value: &mut Vec<u8>, read: impl FnOnce(&str) -> Option<i128>) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let text = text.trim();
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if digits(unsigned).is_some() {
        return true;
    }
    let Some(sum) = read(text) else {
        return false;
    };
    let sign = if sum < 0 { "-" } else { "" };
    let (whole, fraction) = (sum.unsigned_abs() / ONE as u128, sum.unsigned_abs() % ONE as u128);
    let text = format!("{sign}{whole}.{fraction:0PLACES$}");
    *value = text
        .trim_end_matches('0')
        .trim_end_matches('.')
        .as_bytes()
        .to_vec();
    true
}

/// Returns a number times a unit, without what is finer than the places of a sum.
fn product(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = digits(number)?;
    let mut product = whole.parse::<i128>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        // Exact while the place divides by ten; of 1024 it does 18 times, as a one has so many zeros.
        place /= 10;
        product = product.checked_add(place * i128::from(digit - b'0'))?;
    }
    Some(product)
}

/// Splits `12.5` at its point; `None` when the text is not digits with at most one point between them.
fn digits(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (all(whole) && all(fraction)).then_some((whole, fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(read: fn(&mut Vec<u8>) -> bool, text: &str) -> Option<String> {
        let mut value = text.as_bytes().to_vec();
        read(&mut value).then(|| String::from_utf8(value).expect("text"))
    }

    #[test]
    fn durations_are_seconds() {
        for (text, want) in [
            ("1.5s", "1.5"),
            ("120ms", "0.12"),
            ("2m3s", "123"),
            ("1h", "3600"),
            ("1h2m3.5s", "3723.5"),
            ("5us", "0.000005"),
            ("5µs", "0.000005"),
            ("250ns", "0.00000025"),
            ("-1.5ms", "-0.0015"),
            ("2 min 3 s", "123"),
            ("1d", "86400"),
            ("0.123", "0.123"),
            ("0s", "0"),
        ] {
            assert_eq!(read(seconds, text).as_deref(), Some(want), "{text}");
        }
        for text in [
            "",
            "-",
            "s",
            "1x",
            "1.s",
            "1..5s",
            "1s2",
            "1:02",
            "99999999999999999999999d",
        ] {
            assert_eq!(read(seconds, text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes() {
        for (text, want) in [
            ("1.5K", "1500"),
            ("1.5Ki", "1536"),
            ("3MiB", "3145728"),
            ("1.1kB", "1100"),
            ("12B", "12"),
            ("12", "12"),
            ("2 GB", "2000000000"),
            ("1E", "1000000000000000000"),
            ("1Ei", "1152921504606846976"),
        ] {
            assert_eq!(read(bytes, text).as_deref(), Some(want), "{text}");
        }
        for text in ["", "-", "K", "1.K", "1x", "1iB", "1KK", "-1K", "1,000"] {
            assert_eq!(read(bytes, text), None, "{text}");
        }
    }
}
