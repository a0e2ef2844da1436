//! What the server sent back, taken apart. Anything but the expected form is an error, never a panic.

use super::error::QueueError;
use redis::Value;

/// A reply of the server.
pub(super) struct Reply(pub(super) Value);

fn unexpected(value: &Value) -> QueueError {
    QueueError::incomprehensible(&format!("{value:?}").chars().take(200).collect::<String>())
}

impl Reply {
    /// Returns the elements of an array; an absent one has none.
    pub(super) fn array(self) -> Result<Replies, QueueError> {
        match self.0 {
            Value::Array(values) => Ok(Replies(values.into_iter())),
            Value::Nil => Ok(Replies(Vec::new().into_iter())),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) fn bytes(self) -> Result<Vec<u8>, QueueError> {
        match self.0 {
            Value::BulkString(bytes) => Ok(bytes),
            Value::SimpleString(text) => Ok(text.into_bytes()),
            Value::Int(number) => Ok(number.to_string().into_bytes()),
            Value::Okay => Ok(b"OK".to_vec()),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) fn text(self) -> Result<String, QueueError> {
        String::from_utf8(self.bytes()?).map_err(|_| QueueError::incomprehensible("no UTF-8"))
    }

    pub(super) fn number(self) -> Result<i64, QueueError> {
        if let Value::Int(number) = self.0 {
            return Ok(number);
        }
        let text = self.text()?;
        // A score is printed as a fraction.
        let number = text
            .parse()
            .or_else(|_| text.parse::<f64>().map(|score| score as i64));
        number.map_err(|_| QueueError::incomprehensible(&text))
    }

    /// Returns a number that is not negative.
    pub(super) fn count(self) -> Result<u64, QueueError> {
        let number = self.number()?;
        u64::try_from(number).map_err(|_| QueueError::incomprehensible(&number.to_string()))
    }

    /// Returns itself unless it is absent.
    pub(super) fn present(self) -> Option<Reply> {
        match self.0 {
            Value::Nil => None,
            _ => Some(self),
        }
    }
}

/// The elements of a reply.
pub(super) struct Replies(std::vec::IntoIter<Value>);

impl Replies {
    /// Takes the next element.
    pub(super) fn take(&mut self) -> Result<Reply, QueueError> {
        let value = self.0.next();
        value
            .map(Reply)
            .ok_or_else(|| QueueError::incomprehensible("an answer is too short"))
    }

    /// Takes what is left.
    pub(super) fn rest(self) -> impl Iterator<Item = Reply> {
        self.0.map(Reply)
    }

    /// Takes what is left, two by two.
    pub(super) fn pairs(self) -> Vec<(Reply, Reply)> {
        let (mut pairs, mut values) = (Vec::new(), self.0.map(Reply));
        while let (Some(first), Some(second)) = (values.next(), values.next()) {
            pairs.push((first, second));
        }
        pairs
    }
}
