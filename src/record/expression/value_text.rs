//! Where a value ends in the text of an expression, quoted or bare.

use super::equality::Equality;
use super::parser::{LoneQuote, Parser, begins_with_word};
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::quoted;

/// A value as typed, without its quotes.
pub(super) struct ValueText<'t> {
    pub text: &'t str,
    pub quoted: bool,
    /// The offset of its first byte.
    pub at: usize,
}

/// What a value is read for, as far as it decides where a bare one ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Value,
    /// A backslash takes the bracket after it out of the count.
    Pattern,
    /// A comma ends it.
    Item,
}

impl<'t> Parser<'t, '_> {
    /// Reads the value after an operator.
    pub fn value(&mut self) -> Result<ValueText<'t>, RecordPlanError> {
        self.after_operator()?;
        self.value_for(Use::Value)
    }

    /// Reads the regular expression after an operator.
    pub fn pattern(&mut self) -> Result<ValueText<'t>, RecordPlanError> {
        self.after_operator()?;
        self.value_for(Use::Pattern)
    }

    /// Reads the list after `in`: quotes delimit an item, so that it may hold a comma.
    pub fn list(&mut self) -> Result<Vec<Equality>, RecordPlanError> {
        self.skip_blanks();
        if self.rest().starts_with('(') && self.closing_bracket(self.at, false).is_some() {
            return Err(self.error(
                self.at,
                "a list stands without brackets: FIELD in A,B,…; quote an item that begins with one",
            ));
        }
        let mut items = Vec::new();
        loop {
            let item = self.value_for(Use::Item)?;
            items.push(Equality::new(item.text, self.times));
            self.skip_blanks();
            if !self.sign(",") {
                return Ok(items);
            }
        }
    }

    /// Refuses what looks like an operator of another language, such as `=~`.
    fn after_operator(&self) -> Result<(), RecordPlanError> {
        let Some(next) = self.rest().chars().next().filter(|c| "=<>~!".contains(*c)) else {
            return Ok(());
        };
        let typed = self.text[..self.at]
            .trim_end_matches(['=', '<', '>', '~', '!'])
            .len();
        let signs = &self.text[typed..self.at + next.len_utf8()];
        let meant = match signs {
            "=~" | "==~" => " (a regular expression is FIELD ~ RE)",
            "<>" => " (unequal is !=)",
            "=<" => " (at most is <=)",
            "=>" => " (at least is >=)",
            _ => "",
        };
        Err(self.error(
            typed,
            &format!(
                "unknown operator {}{meant}; where {} belongs to the value, put a blank before it",
                quoted(signs),
                quoted(next.encode_utf8(&mut [0; 4]))
            ),
        ))
    }

    fn value_for(&mut self, use_: Use) -> Result<ValueText<'t>, RecordPlanError> {
        self.skip_blanks();
        let at = self.at;
        if let Some(text) = self.quoted()? {
            return Ok(ValueText {
                text,
                quoted: true,
                at,
            });
        }
        self.at = self.bare_end(use_)?;
        let text = self.text[at..self.at].trim_ascii_end();
        if text.is_empty() {
            return Err(self.error(at, "expected a value; the empty one is ''"));
        }
        Ok(ValueText {
            text,
            quoted: false,
            at,
        })
    }

    /// Reads a value in quotes, when one comes next.
    fn quoted(&mut self) -> Result<Option<&'t str>, RecordPlanError> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Ok(None);
        };
        let inside = &self.text[self.at + 1..];
        if let Some(length) = inside.find(quote) {
            self.at += length + 2;
            return Ok(Some(&inside[..length]));
        }
        if self.lone_quote == LoneQuote::Kept {
            return Ok(None);
        }
        let other = if quote == '"' { '\'' } else { '"' };
        Err(self.error(
            self.at,
            &format!("this quote is not closed; where it belongs to the value, put the value in {other}s"),
        ))
    }

    /// Returns where the bare value at the current place ends: at a word or a sign that joins tests, at the
    /// bracket that closes the expression's, or at the end. Balanced brackets belong to it, with all inside.
    fn bare_end(&self, use_: Use) -> Result<usize, RecordPlanError> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while let Some(&byte) = bytes.get(at) {
            let rest = &bytes[at..];
            match byte {
                b'\\' if use_ == Use::Pattern => at += 1,
                b'(' => at = self.closing_bracket(at, use_ == Use::Pattern).unwrap_or(at),
                b')' if self.open > 0 => return Ok(at),
                b')' => {
                    return Err(self.error(
                        at,
                        "this bracket closes none; where it belongs to the value, quote the value",
                    ));
                }
                b',' if use_ == Use::Item => return Ok(at),
                b'&' | b'|' if rest.get(1) == Some(&byte) => return Ok(at),
                _ if byte.is_ascii_whitespace() && self.ends_at_word(at + 1)? => return Ok(at),
                _ => {}
            }
            at += 1;
        }
        Ok(bytes.len())
    }

    /// Returns true when the word at `at` joins tests.
    fn ends_at_word(&self, at: usize) -> Result<bool, RecordPlanError> {
        let rest = &self.text[at..];
        if let Some(word) = ["AND", "OR"]
            .into_iter()
            .find(|word| begins_with_word(rest, word))
        {
            return Err(self.error(
                at,
                &format!(
                    "'{word}' is typed '{}'; where it belongs to the value, quote the value",
                    word.to_lowercase()
                ),
            ));
        }
        Ok(begins_with_word(rest, "and") || begins_with_word(rest, "or"))
    }

    /// Returns where the bracket that opens at `at` closes, if it does.
    pub fn closing_bracket(&self, at: usize, escapes: bool) -> Option<usize> {
        let (mut open, mut skip) = (0usize, false);
        for (length, byte) in self.text.as_bytes()[at..].iter().enumerate() {
            match byte {
                _ if skip => skip = false,
                b'\\' => skip = escapes,
                b'(' => open += 1,
                b')' if open == 1 => return Some(at + length),
                b')' => open -= 1,
                _ => {}
            }
        }
        None
    }
}
