//! Encodes values as bytes whose order is the values' order. It does not know which columns they are
//! from.

use super::quantity::{Quantity, integer_of};
use super::rounding::nearest_double;
use crate::record::Number;
use num_bigint::{BigInt, Sign};

/// Ends a text that [`put_text`] wrote: less than any bytes that the text may go on with.
const END: [u8; 2] = [0, 0];

/// Appends a text so that more bytes can follow it: a zero byte becomes `00 ff`.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text.split(|&byte| byte == 0);
    out.extend_from_slice(rest.next().unwrap_or_default());
    for text in rest {
        out.extend_from_slice(&[0, 0xff]);
        out.extend_from_slice(text);
    }
    out.extend_from_slice(&END);
}

/// Returns the text that [`put_text`] wrote, and what follows it.
pub(super) fn read_text(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut text, mut rest) = (Vec::new(), bytes);
    loop {
        let at = rest.iter().position(|&byte| byte == 0)?;
        text.extend_from_slice(&rest[..at]);
        let (escaped, after) = rest[at + 1..].split_first()?;
        if *escaped == END[1] {
            return Some((text, after));
        }
        text.push(0);
        rest = after;
    }
}

/// Appends a number: its nearest double, then, when many integers have the same one, the integer.
pub(super) fn put_quantity(out: &mut Vec<u8>, quantity: &Quantity) {
    match quantity {
        Quantity::Number(Number::Int(int)) => {
            put_double(out, *int as f64);
            if int.unsigned_abs() >= 1 << 53 {
                out.push(INT);
                out.extend_from_slice(&(*int as u128 ^ 1 << 127).to_be_bytes());
            }
        }
        Quantity::Number(Number::Float(float)) => {
            put_double(out, *float);
            if float.abs() >= LARGE {
                put_integer(out, &integer_of(*float));
                out.push(FLOAT);
            }
        }
        Quantity::Integer(integer) => {
            let nearest = nearest_double(integer.magnitude(), 0);
            let is_negative = integer.sign() == Sign::Minus;
            put_double(out, if is_negative { -nearest } else { nearest });
            put_integer(out, integer);
            out.push(INTEGER);
        }
        Quantity::Time(_) => unreachable!("a time is no number"),
    }
}

/// Returns the number as 8 bytes whose order is that of numbers, big end first, when they are all that
/// [`put_quantity`] writes.
#[inline]
pub(super) fn short_quantity(quantity: &Quantity) -> Option<u64> {
    match quantity {
        Quantity::Number(Number::Int(int)) if int.unsigned_abs() < 1 << 53 => Some(sortable(*int as f64)),
        Quantity::Number(Number::Float(float)) if float.abs() < LARGE => Some(sortable(*float)),
        _ => None,
    }
}

/// Doubles from here on are beyond 128 bits, and share their encoding with integers of any length.
const LARGE: f64 = (1u128 << 127) as f64;

// What follows a double. Negative integers beyond 128 bits are less than all others with the same double.
const NEGATIVE: u8 = 1;
const INT: u8 = 2;
const POSITIVE: u8 = 3;

// What follows a long integer: which form the number had. Of equal ones, the double is less.
const FLOAT: u8 = 0;
const INTEGER: u8 = 1;

fn put_double(out: &mut Vec<u8>, double: f64) {
    out.extend_from_slice(&sortable(double).to_be_bytes());
}

/// Returns the bits of a double, changed so that their order is that of doubles.
#[inline]
fn sortable(double: f64) -> u64 {
    let bits = double.to_bits();
    let sign = 1 << 63;
    if bits & sign == 0 { bits | sign } else { !bits }
}

/// Appends an integer beyond 128 bits: its sign, its length, and its bytes.
fn put_integer(out: &mut Vec<u8>, integer: &BigInt) {
    let (sign, bytes) = integer.to_bytes_be();
    out.push(if sign == Sign::Minus { NEGATIVE } else { POSITIVE });
    let start = out.len();
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(&bytes);
    if sign == Sign::Minus {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

/// Returns the number, if `bytes` is exactly what [`put_quantity`] wrote.
pub(super) fn read_quantity(bytes: &[u8]) -> Option<Quantity> {
    let (double, rest) = bytes.split_first_chunk()?;
    let sortable = u64::from_be_bytes(*double);
    let sign = 1 << 63;
    let bits = if sortable & sign == 0 {
        !sortable
    } else {
        sortable & !sign
    };
    let double = f64::from_bits(bits);
    let number = match rest {
        [] => Number::from_float(double),
        [INT, int @ ..] => Number::Int((u128::from_be_bytes(int.try_into().ok()?) ^ 1 << 127) as i128),
        [.., FLOAT] => Number::Float(double),
        [sign, _, _, bytes @ .., INTEGER] => {
            let integer = match *sign {
                NEGATIVE => {
                    let bytes: Vec<_> = bytes.iter().map(|byte| !byte).collect();
                    BigInt::from_bytes_be(Sign::Minus, &bytes)
                }
                _ => BigInt::from_bytes_be(Sign::Plus, bytes),
            };
            return Some(Quantity::Integer(Box::new(integer)));
        }
        _ => return None,
    };
    Some(Quantity::Number(number))
}

/// Appends the rank of a value: numbers come first, then times, then other texts, then missing values. When
/// `descending`, the order within each of them is reversed.
pub(super) fn put_rank(out: &mut Vec<u8>, value: Option<Result<&Quantity, &[u8]>>, descending: bool) {
    let kind = match value {
        None => return out.push(0xff),
        Some(Ok(Quantity::Time(_))) => 1,
        Some(Ok(_)) => 0,
        Some(Err(_)) => 2,
    };
    out.push(kind);
    let start = out.len();
    match value {
        None => {}
        Some(Ok(Quantity::Time(time))) => {
            let (second, nanosecond) = time.instant;
            out.extend_from_slice(&(second as u64 ^ 1 << 63).to_be_bytes());
            out.extend_from_slice(&(nanosecond as u32).to_be_bytes());
        }
        Some(Ok(number)) => put_quantity(out, number),
        Some(Err(text)) => put_text(out, text),
    }
    if descending {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = Quantity> {
        let number = prop_oneof![
            any::<i128>().prop_map(Number::Int),
            (-9i128..9).prop_map(|n| Number::Int((1 << 53) + n)),
            (-9i128..9).prop_map(|n| Number::Int(n - (1 << 53))),
            (-99i128..99).prop_map(Number::Int),
            (-99.0..99.0).prop_map(Number::from_float),
            (-99.0..99.0).prop_map(|f| Number::from_float(f * 1e39)),
            (0..9i128).prop_map(|n| Number::Int(i128::MAX - n)),
        ];
        let power = prop_oneof![Just(127u32), Just(128), 127u32..140];
        prop_oneof![
            3 => number.prop_map(Quantity::Number),
            1 => (power.clone(), 0u8..9).prop_map(|(p, n)| Quantity::from_integer((BigInt::from(1) << p) + n)),
            1 => (power, 0u8..9).prop_map(|(p, n)| Quantity::from_integer((BigInt::from(-1) << p) - n)),
        ]
    }

    proptest! {
        #[test]
        fn numbers_keep_their_order_and_come_back(a in number(), b in number()) {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            put_quantity(&mut x, &a);
            put_quantity(&mut y, &b);
            prop_assert_eq!(x.cmp(&y), a.order(&b));
            prop_assert_eq!(read_quantity(&x), Some(a));
        }

        #[test]
        fn texts_keep_their_order_whatever_follows(
            a in prop::collection::vec(0u8..3, 0..5),
            b in prop::collection::vec(0u8..3, 0..5),
            more in any::<[u8; 2]>(),
        ) {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            put_text(&mut x, &a);
            put_text(&mut y, &b);
            x.push(more[0]);
            y.push(more[1]);
            prop_assert_eq!(read_text(&x), Some((a.clone(), &more[..1])));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b).then(more[0].cmp(&more[1])));
        }
    }

    #[test]
    fn ranks_put_numbers_first_and_missing_values_last() {
        let rank = |value, descending| {
            let mut out = Vec::new();
            put_rank(&mut out, value, descending);
            out
        };
        let quantity = |text: &[u8]| Quantity::parse_any(text).expect("a number or a time");
        let (one, ten, time) = (quantity(b"1"), quantity(b"10"), quantity(b"2012-01-01"));
        let (one, ten, time) = (Some(Ok(&one)), Some(Ok(&ten)), Some(Ok(&time)));
        let text = Some(Err(&b"-"[..]));
        assert!(rank(one, false) < rank(ten, false));
        assert!(rank(ten, true) < rank(one, true));
        for descending in [false, true] {
            assert!(rank(ten, descending) < rank(time, descending));
            assert!(rank(time, descending) < rank(text, descending));
            assert!(rank(text, descending) < rank(None, descending));
        }
    }
}
