//! The parser of expressions: `or` binds less than `and`, `and` less than `not`.
//!
//! It does not know how a literal is compared.

use super::bound::Bound;
use super::equality::Equality;
use super::tree::{Node, Relation, Test};
use crate::record::pattern::{Case, Pattern};
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::quoted;
use crate::record::time::TimePlan;

/// How deep brackets and negations may be nested.
const DEEPEST: usize = 200;

const A_TEST: &str = "a test: FIELD OP VALUE, FIELD in A,B,… or FIELD exists";

/// What a quote is that begins a value and is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoneQuote {
    /// A slip.
    Refused,
    /// Text: fields of the format keep their quotes, as in `"GET`.
    Kept,
}

/// A parser of one expression.
pub(super) struct Parser<'t, 's> {
    pub(super) text: &'t str,
    pub(super) lone_quote: LoneQuote,
    pub(super) times: &'t TimePlan,
    /// How `~` treats case.
    pub(super) case: Case,
    /// The offset of what comes next.
    pub(super) at: usize,
    /// How many brackets of the expression are open.
    pub(super) open: usize,
    depth: usize,
    /// The word before the test that is parsed: `and` or `or`, as typed.
    joined_by: Option<&'t str>,
    subject: &'s mut dyn FnMut(&str) -> Result<usize, RecordPlanError>,
}

/// An operator that stands between a field and a value.
#[derive(Debug, Clone, Copy)]
enum Operator {
    Equal { wanted: bool },
    Order(Relation),
    Match { wanted: bool },
    In { wanted: bool },
    Exists,
}

/// The operators that are signs. One stands before its own prefixes: `<=` before `<`.
const SIGNS: [(&str, Operator); 9] = [
    ("==", Operator::Equal { wanted: true }),
    ("!=", Operator::Equal { wanted: false }),
    ("<=", Operator::Order(Relation::AtMost)),
    (">=", Operator::Order(Relation::AtLeast)),
    ("!~", Operator::Match { wanted: false }),
    ("<", Operator::Order(Relation::Less)),
    (">", Operator::Order(Relation::Greater)),
    ("~", Operator::Match { wanted: true }),
    ("=", Operator::Equal { wanted: true }),
];

impl<'t, 's> Parser<'t, 's> {
    pub fn new(
        text: &'t str,
        lone_quote: LoneQuote,
        times: &'t TimePlan,
        subject: &'s mut dyn FnMut(&str) -> Result<usize, RecordPlanError>,
    ) -> Parser<'t, 's> {
        Parser {
            text,
            lone_quote,
            times,
            case: Case::Sensitive,
            at: 0,
            open: 0,
            depth: 0,
            joined_by: None,
            subject,
        }
    }

    /// Parses the whole text.
    pub fn parse(mut self) -> Result<Node, RecordPlanError> {
        let node = self.any()?;
        self.skip_blanks();
        if self.rest().is_empty() {
            return Ok(node);
        }
        Err(self.error(self.at, "expected 'and', 'or' or the end"))
    }

    fn any(&mut self) -> Result<Node, RecordPlanError> {
        let mut nodes = vec![self.all()?];
        while self.joint("or", "||") {
            nodes.push(self.all()?);
        }
        Ok(joined(nodes, Node::Any))
    }

    fn all(&mut self) -> Result<Node, RecordPlanError> {
        let mut nodes = vec![self.unary()?];
        while self.joint("and", "&&") {
            nodes.push(self.unary()?);
        }
        Ok(joined(nodes, Node::All))
    }

    fn unary(&mut self) -> Result<Node, RecordPlanError> {
        self.skip_blanks();
        let start = self.at;
        if self.depth == DEEPEST {
            return Err(self.error(start, "brackets are nested too deeply"));
        }
        self.depth += 1;
        let node = if self.word("not") || self.sign("!") {
            self.joined_by = Some(&self.text[start..self.at]);
            Node::Not(Box::new(self.unary()?))
        } else if self.sign("(") {
            self.group(start)?
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Parses what follows an opening bracket at `start`.
    fn group(&mut self, start: usize) -> Result<Node, RecordPlanError> {
        self.open += 1;
        self.joined_by = None;
        let node = self.any()?;
        self.skip_blanks();
        if !self.sign(")") {
            let message = match self.rest() {
                "" => {
                    return Err(self.error(
                        start,
                        "this bracket is not closed; quote a value that holds a bracket",
                    ));
                }
                _ => "expected 'and', 'or' or ')'",
            };
            return Err(self.error(self.at, message));
        }
        self.open -= 1;
        Ok(node)
    }

    fn test(&mut self) -> Result<Node, RecordPlanError> {
        let start = self.at;
        let name = self.field()?;
        let Some(operator) = self.operator() else {
            return Err(self.no_test(start, name));
        };
        if name.is_empty() {
            return Err(self.error(start, "expected a field before the operator"));
        }
        if name.starts_with(['"', '\'']) {
            return Err(self.error(
                start,
                "expected a field; a field's name is quoted by `backquotes`",
            ));
        }
        let subject = (self.subject)(name).map_err(|cause| self.error(start, &cause.to_string()))?;
        let (test, wanted) = match operator {
            Operator::Exists => (Test::Exists, true),
            Operator::In { wanted } => (Test::In(self.list()?), wanted),
            Operator::Equal { wanted } => {
                let value = self.value()?;
                (Test::In(vec![Equality::new(value.text, self.times)]), wanted)
            }
            Operator::Match { wanted } => {
                let value = self.pattern()?;
                let pattern = Pattern::new(value.text, self.case);
                let pattern = pattern.map_err(|cause| self.error(value.at, &cause.to_string()))?;
                (Test::Match(pattern), wanted)
            }
            Operator::Order(relation) => {
                let value = self.value()?;
                let bound = Bound::new(value.text, value.quoted, self.times)
                    .map_err(|cause| self.error(value.at, &cause))?;
                (Test::Order(relation, bound), true)
            }
        };
        let node = Node::Test(subject, test);
        Ok(if wanted { node } else { Node::Not(Box::new(node)) })
    }

    /// Builds the error for a text that begins as a test should, and is none.
    fn no_test(&self, start: usize, name: &str) -> RecordPlanError {
        match self.joined_by {
            Some(word @ ("and" | "or" | "&&" | "||")) => self.error(
                start,
                &format!(
                    "expected {A_TEST} after '{word}'; where '{word}' belongs to the value, quote the value"
                ),
            ),
            Some(word) => self.error(start, &format!("expected {A_TEST} after '{word}'")),
            None if name.is_empty() => self.error(start, &format!("expected {A_TEST}")),
            None => self.error(
                self.at,
                &format!(
                    "expected an operator after {}: == != < <= > >= ~ !~, in, not in or exists; a text in the line is --grep TEXT",
                    quoted(name)
                ),
            ),
        }
    }

    /// Reads up to an operator, or to where a test can't go on.
    fn field(&mut self) -> Result<&'t str, RecordPlanError> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'`' => match self.text[self.at + 1..].find('`') {
                    Some(length) => self.at += length + 2,
                    None => return Err(self.error(self.at, "this backquote is not closed")),
                },
                b'(' => match self.closing_bracket(self.at, false) {
                    Some(close) => self.at = close + 1,
                    None => break,
                },
                b')' | b'=' | b'!' | b'<' | b'>' | b'~' => break,
                b'&' | b'|' if bytes.get(self.at + 1) == Some(&byte) => break,
                _ if byte.is_ascii_whitespace() && self.is_word_ahead() => break,
                _ => self.at += 1,
            }
        }
        Ok(self.text[start..self.at].trim())
    }

    /// Returns true when a word that is no part of a field follows the blank at the current place.
    fn is_word_ahead(&self) -> bool {
        let rest = self.rest().trim_start();
        ["and", "or", "in", "exists"]
            .iter()
            .any(|word| begins_with_word(rest, word))
            || rest
                .strip_prefix("not")
                .is_some_and(|rest| begins_with_word(rest.trim_start(), "in"))
    }

    fn operator(&mut self) -> Option<Operator> {
        self.skip_blanks();
        if self.word("in") {
            return Some(Operator::In { wanted: true });
        }
        if self.word("exists") {
            return Some(Operator::Exists);
        }
        let before = self.at;
        if self.word("not") {
            self.skip_blanks();
            if self.word("in") {
                return Some(Operator::In { wanted: false });
            }
            self.at = before;
        }
        let (sign, operator) = SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign))?;
        self.at += sign.len();
        Some(*operator)
    }

    /// Takes the word or the sign that joins two tests, when it comes next.
    fn joint(&mut self, word: &str, sign: &str) -> bool {
        self.skip_blanks();
        let start = self.at;
        let found = self.word(word) || self.sign(sign);
        if found {
            self.joined_by = Some(&self.text[start..self.at]);
        }
        found
    }

    /// Takes a word, when it comes next and ends there.
    fn word(&mut self, word: &str) -> bool {
        let found = begins_with_word(self.rest(), word);
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_ascii_start().len();
    }

    /// Builds an error about the text at `at`.
    pub(super) fn error(&self, at: usize, cause: &str) -> RecordPlanError {
        let column = self.text[..at].chars().count() + 1;
        let place = match self.text[at..].trim_end() {
            "" => "at its end".to_owned(),
            rest => format!("at column {column}, before {}", quoted(rest)),
        };
        RecordPlanError::new(format!("in {}, {place}: {cause}", quoted(self.text)))
    }
}

/// Returns true when `text` begins with this word, and a bracket, a sign of negation, a blank or nothing
/// follows it.
pub(super) fn begins_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| {
        rest.is_empty()
            || rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | '!'))
            || rest.starts_with("&&")
            || rest.starts_with("||")
    })
}

fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 {
        nodes.remove(0)
    } else {
        join(nodes)
    }
}
