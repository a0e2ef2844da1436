//! Sums of doubles without rounding, so that they do not depend on the order of addition.
//!
//! A sum is a fixed-point number that is wide enough for every double, as in Neal, "Fast exact
//! summation using small and large superaccumulators" (2015), section 3, with limbs of 32 bits. The
//! crates that exist for it neither merge nor save. It does not know infinities and NaN.

use super::save_format::{broken, read_array};
use num_bigint::{BigInt, BigUint, Sign};
use std::io;

/// After how many additions limbs must be normalised: each adds less than 2^32 to a limb of 63 bits.
const SLACK: u32 = 1 << 30;

/// A sum of `LIMBS` limbs of 32 bits, of which limb `i` counts units of 2^(32 i - `LOW`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WideSum<const LIMBS: usize, const LOW: usize> {
    limbs: [i64; LIMBS],
    added: u32,
}

/// The exact sum of any number of finite doubles: their bits lie between 2^-1074 and 2^1024, and sums may
/// carry above.
pub(super) type ExactSum = WideSum<68, 1074>;

/// The exact sum of the squares of any number of finite doubles.
pub(super) type SquareSum = WideSum<136, 2148>;

impl<const LIMBS: usize, const LOW: usize> Default for WideSum<LIMBS, LOW> {
    fn default() -> Self {
        WideSum {
            limbs: [0; LIMBS],
            added: 0,
        }
    }
}

/// Returns a finite double as its sign, and as bits of which the lowest counts 2^(shift - 1074).
fn split(value: f64) -> (bool, u64, usize) {
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as usize;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, shift) = match exponent {
        0 => (fraction, 0),
        _ => (fraction | 1 << 52, exponent - 1),
    };
    (value < 0.0, mantissa, shift)
}

impl ExactSum {
    /// Adds a finite double.
    pub fn add(&mut self, value: f64) {
        let (negative, mantissa, shift) = split(value);
        self.add_shifted(mantissa, shift, negative);
    }
}

impl SquareSum {
    /// Adds the square of a finite double.
    pub fn add_square(&mut self, value: f64) {
        let (_, mantissa, shift) = split(value);
        let square = u128::from(mantissa) * u128::from(mantissa);
        self.add_shifted(square as u64, 2 * shift, false);
        self.add_shifted((square >> 64) as u64, 2 * shift + 64, false);
    }
}

impl<const LIMBS: usize, const LOW: usize> WideSum<LIMBS, LOW> {
    /// Returns the sum in units of 2^-`LOW`.
    pub fn units(&self) -> BigInt {
        let mut sum = self.clone();
        sum.normalise();
        let sign = match sum.limbs[LIMBS - 1] {
            ..0 => Sign::Minus,
            _ => Sign::Plus,
        };
        if sign == Sign::Minus {
            sum.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            sum.normalise();
        }
        // All limbs but the highest have 32 bits now.
        let (low, high) = sum.limbs.split_at(LIMBS - 1);
        let magnitude = BigUint::new(low.iter().map(|&limb| limb as u32).collect());
        let high = BigUint::from(high[0].unsigned_abs()) << (32 * (LIMBS - 1));
        BigInt::from_biguint(sign, magnitude + high)
    }

    fn add_shifted(&mut self, mantissa: u64, shift: usize, negative: bool) {
        let mut wide = u128::from(mantissa) << (shift % 32);
        let mut limb = shift / 32;
        while wide != 0 {
            let bits = (wide & 0xffff_ffff) as i64;
            self.limbs[limb] += if negative { -bits } else { bits };
            wide >>= 32;
            limb += 1;
        }
        self.added += 1;
        if self.added == SLACK {
            self.normalise();
        }
    }

    /// Carries, so that every limb but the highest lies in `0..2^32`.
    fn normalise(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs[..LIMBS - 1] {
            let sum = *limb + carry;
            *limb = sum & 0xffff_ffff;
            carry = sum >> 32;
        }
        self.limbs[LIMBS - 1] += carry;
        self.added = 1;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        other.normalise();
        self.normalise();
        for (mine, theirs) in self.limbs.iter_mut().zip(&other.limbs) {
            *mine += theirs;
        }
        self.normalise();
    }

    /// Appends the limbs from the first to the last that is not zero, with their range.
    pub fn save(&self, out: &mut Vec<u8>) {
        let mut sum = self.clone();
        sum.normalise();
        let from = sum.limbs.iter().position(|&limb| limb != 0).unwrap_or(0);
        let to = sum
            .limbs
            .iter()
            .rposition(|&limb| limb != 0)
            .map_or(from, |last| last + 1);
        out.extend_from_slice(&[from as u8, to as u8]);
        for limb in &sum.limbs[from..to] {
            out.extend_from_slice(&limb.to_le_bytes());
        }
    }

    /// Adds a sum that was saved, and moves past it.
    pub fn load(&mut self, saved: &mut &[u8]) -> io::Result<()> {
        let [from, to] = read_array(saved)?.map(usize::from);
        let mut other = Self::default();
        for limb in other.limbs.get_mut(from..to).ok_or_else(broken)? {
            *limb = i64::from_le_bytes(read_array(saved)?);
        }
        self.merge(&other);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::rounding::nearest_double;
    use proptest::prelude::*;

    impl ExactSum {
        fn value(&self) -> f64 {
            let units = self.units();
            let magnitude = nearest_double(units.magnitude(), -1074);
            if units.sign() == Sign::Minus {
                -magnitude
            } else {
                magnitude
            }
        }
    }

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        values.iter().for_each(|&value| sum.add(value));
        sum
    }

    #[test]
    fn sums_are_rounded_once() {
        assert_eq!(sum(&[]).value(), 0.0);
        assert_eq!(sum(&[0.1; 10]).value(), 1.0);
        assert_eq!(sum(&[1e300, 1.0, -1e300]).value(), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1e-300]).value(), 1.0000000000000002e16);
        assert_eq!(sum(&[1e16, 1.0]).value(), 1e16);
        assert_eq!(sum(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]).value(), f64::MAX);
        let tiny = f64::from_bits(1);
        assert_eq!(sum(&[tiny, tiny]).value(), f64::from_bits(2));
        assert_eq!(sum(&[-0.3, 0.1]).value(), -0.3 + 0.1);
    }

    proptest! {
        #[test]
        fn one_value_is_itself(value in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
            prop_assert_eq!(sum(&[value]).value(), value);
        }

        #[test]
        fn two_values_are_as_the_processor_adds_them(
            a in any::<f64>().prop_filter("finite", |f| f.is_finite()),
            b in any::<f64>().prop_filter("finite", |f| f.is_finite()),
            near in -60i32..60,
        ) {
            prop_assert_eq!(sum(&[a, b]).value(), a + b);
            let c = a * 2f64.powi(near);
            if c.is_finite() {
                prop_assert_eq!(sum(&[a, c]).value(), a + c);
                prop_assert_eq!(sum(&[a, -c]).value(), a - c);
            }
        }

        #[test]
        fn squares_are_exact(values in prop::collection::vec(-1i64 << 53..1 << 53, 0..20)) {
            let mut squares = SquareSum::default();
            values.iter().for_each(|&value| squares.add_square(value as f64));
            let want: i128 = values.iter().map(|&value| i128::from(value).pow(2)).sum();
            prop_assert_eq!(squares.units() >> 2148, BigInt::from(want));
        }

        #[test]
        fn order_merges_and_saving_do_not_matter(
            mut values in prop::collection::vec(-1e9f64..1e9, 0..20),
            cut in 0usize..20,
        ) {
            let all = sum(&values).value();
            let (a, b) = values.split_at(cut.min(values.len()));
            let mut merged = sum(b);
            merged.merge(&sum(a));
            prop_assert_eq!(merged.value(), all);
            let mut saved = Vec::new();
            sum(a).save(&mut saved);
            let mut loaded = sum(b);
            let mut rest = &saved[..];
            prop_assert!(loaded.load(&mut rest).is_ok());
            prop_assert!(rest.is_empty());
            prop_assert_eq!(loaded.value(), all);
            values.reverse();
            prop_assert_eq!(sum(&values).value(), all);
        }
    }
}
