//! The double nearest to a quotient, or to the root of one, of exact integers. It does not know what they
//! are sums of.

use num_bigint::BigUint;

/// How many bits a quotient has at least before it is rounded: more than a double has, so that what is cut
/// off only breaks ties.
const BITS: u64 = 66;

/// Returns the double that is nearest to `bits` × 2^`exponent`, ties to even; infinity when that is too large.
pub(super) fn nearest_double(bits: &BigUint, exponent: i64) -> f64 {
    let length = i64::try_from(bits.bits()).unwrap_or(i64::MAX);
    // The lowest bit of the result: a double has 53 of them, and none below 2^-1074.
    let lowest = (exponent + length - 53).max(-1074);
    let cut = lowest - exponent;
    let (mut kept, lowest) = match u64::try_from(cut) {
        Ok(cut) if cut > 0 => (bits >> cut, lowest),
        _ => (bits.clone(), exponent),
    };
    if cut > 0 && bits.bit(cut as u64 - 1) {
        let is_tie = bits.trailing_zeros() == Some(cut as u64 - 1);
        if !is_tie || kept.bit(0) {
            kept += 1u32;
        }
    }
    // At most 2^53, so that the conversion is exact.
    let kept = kept.iter_u64_digits().next().unwrap_or(0) as f64;
    if lowest > 1100 {
        return kept * f64::INFINITY;
    }
    // There are two factors since one may not be a double.
    let half = (lowest / 2) as i32;
    kept * 2f64.powi(half) * 2f64.powi(lowest as i32 - half)
}

/// Returns the double that is nearest to `dividend` / `divisor` × 2^`exponent`.
pub(super) fn nearest_quotient(dividend: &BigUint, divisor: &BigUint, exponent: i64) -> f64 {
    let shift = (divisor.bits() + BITS).saturating_sub(dividend.bits());
    // A bit below the lowest stands for all that is cut off.
    let shifted = dividend << (shift + 1);
    let mut quotient = &shifted / divisor;
    if &quotient * divisor != shifted {
        quotient |= BigUint::from(1u32);
    }
    nearest_double(&quotient, exponent - shift as i64 - 1)
}

/// Returns the double that is nearest to √(`dividend` / `divisor`) × 2^`exponent`.
pub(super) fn nearest_root(dividend: &BigUint, divisor: &BigUint, exponent: i64) -> f64 {
    let shift = (divisor.bits() + 2 * BITS).saturating_sub(dividend.bits());
    let shift = shift + shift % 2;
    let shifted = dividend << shift;
    let quotient = &shifted / divisor;
    let mut root = quotient.sqrt() << 1;
    let is_exact = &root * &root == &quotient << 2 && &quotient * divisor == shifted;
    if !is_exact {
        root |= BigUint::from(1u32);
    }
    nearest_double(&root, exponent - (shift / 2) as i64 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn big(number: u128) -> BigUint {
        BigUint::from(number)
    }

    #[test]
    fn what_lies_between_two_doubles_goes_to_the_nearer_and_ties_to_the_even_one() {
        let next = (1u128 << 53) + 1;
        assert_eq!(nearest_double(&big(next), 0), (1u64 << 53) as f64);
        assert_eq!(nearest_double(&big(next + 2), 0), ((1u64 << 53) + 4) as f64);
        assert_eq!(nearest_double(&big(2 * next + 1), -1), ((1u64 << 53) + 2) as f64);
        assert_eq!(nearest_double(&big(0), 5), 0.0);
        assert_eq!(nearest_double(&big(1), -1074), f64::from_bits(1));
        assert_eq!(nearest_double(&big(1), -1075), 0.0);
        assert_eq!(nearest_double(&big(3), -1075), f64::from_bits(2));
        assert_eq!(nearest_double(&big(1), 1024), f64::INFINITY);
        assert_eq!(nearest_double(&big(1), 1023), 2f64.powi(1023));
        assert_eq!(nearest_double(&(big(1) << 2000u32), -1000), 2f64.powi(1000));
    }

    #[test]
    fn quotients_and_roots_are_rounded_once() {
        assert_eq!(nearest_quotient(&big(1), &big(3), 0), 1.0 / 3.0);
        assert_eq!(nearest_quotient(&big(7), &big(1), 0), 7.0);
        assert_eq!(nearest_root(&big(2), &big(1), 0), 2f64.sqrt());
        assert_eq!(nearest_root(&big(9), &big(4), 0), 1.5);
        assert_eq!(nearest_root(&big(1), &big(1), -1074), f64::from_bits(1));
    }

    proptest! {
        #[test]
        fn they_are_what_the_processor_computes_of_doubles(a in 1u64..1 << 53, b in 1u64..1 << 53) {
            let (x, y) = (a as f64, b as f64);
            prop_assert_eq!(nearest_quotient(&big(a.into()), &big(b.into()), 0), x / y);
            prop_assert_eq!(nearest_root(&big(a.into()), &big(1), 0), x.sqrt());
        }
    }
}
