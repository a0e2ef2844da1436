//! Encodes values as bytes whose order is the values' order. It does not know which columns they are
//! from.

use crate::record::Number;

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

/// Appends a number: its nearest double, then, for an integer that may be no double, the integer.
pub(super) fn put_number(out: &mut Vec<u8>, number: Number) {
    let bits = number.to_float().to_bits();
    let sign = 1 << 63;
    let sortable = if bits & sign == 0 { bits | sign } else { !bits };
    out.extend_from_slice(&sortable.to_be_bytes());
    if let Number::Int(int) = number
        && int.unsigned_abs() >= 1 << 53
    {
        out.extend_from_slice(&(int as u128 ^ 1 << 127).to_be_bytes());
    }
}

/// Returns the number, if `bytes` is exactly what [`put_number`] wrote.
pub(super) fn read_number(bytes: &[u8]) -> Option<Number> {
    let (double, int) = bytes.split_first_chunk()?;
    if let Ok(int) = int.try_into() {
        return Some(Number::Int((u128::from_be_bytes(int) ^ 1 << 127) as i128));
    }
    let sortable = u64::from_be_bytes(*double);
    let sign = 1 << 63;
    let bits = if sortable & sign == 0 {
        !sortable
    } else {
        sortable & !sign
    };
    int.is_empty().then(|| Number::from_float(f64::from_bits(bits)))
}

/// Appends the rank of a value: numbers come first, then other texts, then missing values. When
/// `descending`, the order within numbers and within texts is reversed.
pub(super) fn put_rank(out: &mut Vec<u8>, value: Option<Result<Number, &[u8]>>, descending: bool) {
    let Some(value) = value else {
        out.push(0xff);
        return;
    };
    out.push(u8::from(value.is_err()));
    let start = out.len();
    match value {
        Ok(number) => put_number(out, number),
        Err(text) => put_text(out, text),
    }
    if descending {
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<i128>().prop_map(Number::Int),
            (-9i128..9).prop_map(|n| Number::Int((1 << 53) + n)),
            (-9i128..9).prop_map(|n| Number::Int(n - (1 << 53))),
            (-99i128..99).prop_map(Number::Int),
            (-99.0..99.0).prop_map(Number::from_float),
        ]
    }

    proptest! {
        #[test]
        fn numbers_keep_their_order_and_come_back(a in number(), b in number()) {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            put_number(&mut x, a);
            put_number(&mut y, b);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(read_number(&x), Some(a));
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
        let (one, ten) = (Some(Ok(Number::Int(1))), Some(Ok(Number::Int(10))));
        let text = Some(Err(&b"-"[..]));
        assert!(rank(one, false) < rank(ten, false));
        assert!(rank(ten, true) < rank(one, true));
        for descending in [false, true] {
            assert!(rank(ten, descending) < rank(text, descending));
            assert!(rank(text, descending) < rank(None, descending));
        }
    }
}
