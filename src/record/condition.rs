//! Conditions on a field: `FIELD OP VALUE`.

use super::field::Field;
use super::number::Number;
use super::plan_error::RecordPlanError;
use super::suggest::quoted;
use super::time::Time;
use regex::bytes::Regex;
use std::cmp::Ordering;

/// A condition on one field.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The field whose value is tested.
    pub field: Field,
    /// The test that its value must pass.
    pub test: Test,
}

/// A test of a value.
#[derive(Debug, Clone)]
pub enum Test {
    /// Compares the value with a literal.
    Compare(Comparison, Literal),
    /// Searches the value for a regular expression.
    Match {
        /// The regular expression.
        regex: Regex,
        /// True for `~`, false for `!~`.
        wanted: bool,
    },
    /// True when the value equals one of these literals.
    In(Vec<Literal>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A value that was typed: bytes that may also be a number or a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The text that was typed.
    pub text: Vec<u8>,
    /// The number, when the text is one.
    number: Option<Number>,
    /// The instant, when the text is a time and not a number.
    instant: Option<(i64, i32)>,
}

enum Operator {
    Compare(Comparison),
    Match(bool),
    In,
}

// An operator stands before its own prefixes: `<=` before `<`.
const OPERATORS: [(&str, Operator); 9] = [
    ("==", Operator::Compare(Comparison::Equal)),
    ("!=", Operator::Compare(Comparison::Unequal)),
    ("<=", Operator::Compare(Comparison::AtMost)),
    (">=", Operator::Compare(Comparison::AtLeast)),
    ("!~", Operator::Match(false)),
    ("<", Operator::Compare(Comparison::Less)),
    (">", Operator::Compare(Comparison::Greater)),
    ("~", Operator::Match(true)),
    (" in ", Operator::In),
];

impl Condition {
    /// Parses `FIELD OP VALUE` and trims blanks around the operator.
    ///
    /// # Errors
    /// When the field, the operator or the value is malformed.
    pub fn parse(text: &str) -> Result<Condition, RecordPlanError> {
        let (field, test) = Test::parse(text)?;
        let field = Field::parse(field).map_err(|cause| in_condition(text, &cause))?;
        Ok(Condition { field, test })
    }
}

fn in_condition(text: &str, cause: &dyn std::error::Error) -> RecordPlanError {
    RecordPlanError::new(format!("in condition {}: {cause}", quoted(text)))
}

impl Test {
    /// Parses `NAME OP VALUE` and returns the name and the test.
    pub(crate) fn parse(text: &str) -> Result<(&str, Test), RecordPlanError> {
        let first = (0..text.len()).find_map(|at| {
            let rest = text.as_bytes().get(at..)?;
            OPERATORS
                .iter()
                .find(|(sign, _)| rest.starts_with(sign.as_bytes()))
                .map(|(sign, operator)| (at, sign.len(), operator))
        });
        let Some((at, length, operator)) = first else {
            return Err(RecordPlanError::new(format!(
                "condition {} is not FIELD OP VALUE (OP: == != < <= > >= ~ !~ in)",
                quoted(text)
            )));
        };
        let (name, value) = (text[..at].trim(), text[at + length..].trim());
        let test = match operator {
            Operator::Compare(comparison) => Test::Compare(*comparison, Literal::new(value)),
            Operator::Match(wanted) => Test::Match {
                regex: Regex::new(value).map_err(|cause| in_condition(text, &cause))?,
                wanted: *wanted,
            },
            Operator::In => Test::In(value.split(',').map(|part| Literal::new(part.trim())).collect()),
        };
        Ok((name, test))
    }

    /// Returns true when `value` passes the test.
    #[inline]
    pub(crate) fn holds(&self, value: &[u8]) -> bool {
        match self {
            Test::Compare(comparison, literal) => comparison.holds(value, literal),
            Test::Match { regex, wanted } => regex.is_match(value) == *wanted,
            Test::In(literals) => literals.iter().any(|literal| literal.equals(value)),
        }
    }
}

impl Comparison {
    #[inline]
    fn holds(self, value: &[u8], literal: &Literal) -> bool {
        match self {
            Comparison::Equal => literal.equals(value),
            Comparison::Unequal => !literal.equals(value),
            Comparison::Less => literal.order(value).is_lt(),
            Comparison::AtMost => literal.order(value).is_le(),
            Comparison::Greater => literal.order(value).is_gt(),
            Comparison::AtLeast => literal.order(value).is_ge(),
        }
    }
}

impl Literal {
    /// Builds a literal and finds out whether it is a number or a time.
    pub fn new(text: &str) -> Literal {
        let number = Number::parse(text.as_bytes());
        let time = Time::parse(text.as_bytes()).filter(|_| number.is_none());
        Literal {
            text: text.as_bytes().to_vec(),
            number,
            instant: time.map(|time| time.instant()),
        }
    }

    /// Returns true when the literal is neither number nor time, so that only equal bytes equal it.
    pub(crate) fn is_plain(&self) -> bool {
        self.number.is_none() && self.instant.is_none()
    }

    #[inline]
    fn equals(&self, value: &[u8]) -> bool {
        value == self.text || (!self.is_plain() && self.order(value).is_eq())
    }

    /// Orders `value` relative to this literal: as numbers or times when both are, otherwise as bytes.
    #[inline]
    fn order(&self, value: &[u8]) -> Ordering {
        if let Some(number) = self.number
            && let Some(value) = Number::parse(value)
        {
            return value.cmp(&number);
        }
        if let Some(instant) = self.instant
            && let Some(value) = Time::parse(value)
        {
            return value.instant().cmp(&instant);
        }
        value.cmp(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, value: &str) -> bool {
        let condition = Condition::parse(condition).expect(condition);
        condition.test.holds(value.as_bytes())
    }

    #[test]
    fn numbers_compare_as_numbers_and_the_rest_as_bytes() {
        assert!(holds("1 < 10", "9"));
        assert!(holds("1 == 10", "10.0"));
        assert!(holds("1 == 1e1", "10"));
        assert!(!holds("1 != 10", "1e1"));
        assert!(holds("1 < 10", "-"));
        assert!(holds("1 > abc", "abd"));
        assert!(holds("1 >= abc", "abc"));
        assert!(!holds("1 <= abc", "abd"));
        assert!(holds("1 >= 2012-01-01", "[01/Jan/2012:00:00:00 +0000]"));
        assert!(holds("1 < 2012-01-01T00:00:00Z", "01/Jan/2012:00:00:00 +0100"));
        assert!(holds("1 == 2012-01-01", "2011-12-31T23:00:00-01:00"));
        assert!(holds("1 == x", "x"));
        assert!(!holds("1 == x", "X"));
    }

    #[test]
    fn matches_and_sets() {
        assert!(holds("1 ~ ^a.c$", "abc"));
        assert!(!holds("1 !~ ^a.c$", "abc"));
        assert!(holds("1 in a,b, 3", "3.0"));
        assert!(!holds("1 in a,b", "c"));
        assert!(holds("1==a==b", "a==b"));
        assert!(holds("1 ==", ""));
    }

    #[test]
    fn malformed_conditions_are_refused() {
        for text in ["", "1", "1 = 2", "1 ~ (", "== 3"] {
            assert!(Condition::parse(text).is_err(), "{text}");
        }
    }
}
