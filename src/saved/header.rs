//! The header of a saved fold: what it is the answer of, and how its run went.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// The header of a saved fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Header {
    /// 128 random bits for each run whose answer is in it.
    pub(crate) ids: BTreeSet<String>,
    /// What the command line means, by labels.
    pub(crate) meaning: Vec<(String, Vec<u8>)>,
    /// The options about records and folds as typed.
    pub(crate) words: Vec<String>,
    /// Which shards are in it; `None` when it is of all inputs.
    pub(crate) shares: Option<Shares>,
    /// All inputs, those of other shards too.
    pub(crate) inputs: InputList,
    /// How many of them were its own.
    pub(crate) own: u64,
    /// When the first run in it started and the last ended, in seconds since 1970.
    pub(crate) started: f64,
    pub(crate) ended: f64,
    pub(crate) counts: SavedCounts,
}

/// Which shards are in a saved fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shares {
    /// How many shards there are.
    pub(crate) of: u64,
    /// Those that are in it, from 1.
    pub(crate) have: BTreeSet<u64>,
}

/// All inputs of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InputList {
    pub(crate) count: u64,
    /// The SHA-256 of their names, in hexadecimal digits; empty when it is not known.
    pub(crate) sha256: String,
}

/// How a run went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SavedCounts {
    pub(crate) done: u64,
    pub(crate) bad_inputs: u64,
    pub(crate) failed: u64,
    pub(crate) bad_lines: u64,
    /// Whether the format of an input was to be found and none fits.
    pub(crate) unrecognized: bool,
    /// Whether having no input is no error.
    pub(crate) allow_empty: bool,
    /// How many failures there were, and the first ones: the number of the job and the message.
    pub(crate) failures: u64,
    pub(crate) first: Vec<(u64, String)>,
}

impl SavedCounts {
    /// Adds those of another run. `most` first failures are kept.
    pub(crate) fn add(&mut self, other: &SavedCounts, most: usize) {
        self.done += other.done;
        self.bad_inputs += other.bad_inputs;
        self.failed += other.failed;
        self.bad_lines += other.bad_lines;
        self.unrecognized |= other.unrecognized;
        self.allow_empty |= other.allow_empty;
        self.failures += other.failures;
        self.first.extend(other.first.iter().cloned());
        self.first.sort();
        self.first.truncate(most);
    }
}

/// Returns 128 random bits as hexadecimal digits.
pub(super) fn random_id() -> String {
    let mut bits = [0; 16];
    let read = File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bits));
    let number = match read {
        Ok(()) => u128::from_le_bytes(bits),
        Err(_) => fastrand::u128(..),
    };
    format!("{number:032x}")
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname");
    name.unwrap_or_default().trim_end().to_owned()
}

/// Converts a time to seconds since 1970, to the millisecond: so many digits are read back as they were written.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1000.0).round() / 1000.0
}

impl Header {
    /// Makes this the header of a run that began at `started` and has ended now.
    pub(crate) fn of_run(self, started: SystemTime) -> Self {
        Header {
            ids: [random_id()].into(),
            started: seconds(started),
            ended: seconds(SystemTime::now()),
            ..self
        }
    }

    /// Returns the value of a label of the meaning; empty when there is none.
    pub(crate) fn meaning_of(&self, label: &str) -> &[u8] {
        let found = self.meaning.iter().find(|(of, _)| of == label);
        found.map_or(b"", |(_, value)| value)
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        let meaning: Vec<_> = self
            .meaning
            .iter()
            .map(|(label, value)| json!([label, STANDARD.encode(value)]))
            .collect();
        let single = self
            .shares
            .as_ref()
            .filter(|shares| shares.have.len() == 1)
            .map(|shares| json!([shares.have.first(), shares.of]));
        let shares = self
            .shares
            .as_ref()
            .map(|shares| json!({"of": shares.of, "have": shares.have}));
        let counts = &self.counts;
        let header = json!({
            "id": random_id(),
            "ids": self.ids,
            "version": env!("CARGO_PKG_VERSION"),
            "parts": String::from_utf8_lossy(self.meaning_of("parts")),
            "meaning": meaning,
            "words": self.words,
            "shard": single,
            "shares": shares,
            "inputs": {"count": self.inputs.count, "sha256": self.inputs.sha256},
            "own": self.own,
            "host": host(),
            "started": self.started,
            "ended": self.ended,
            "summary": {
                "done": counts.done,
                "bad_inputs": counts.bad_inputs,
                "failed": counts.failed,
                "bad_lines": counts.bad_lines,
                "unrecognized": counts.unrecognized,
                "allow_empty": counts.allow_empty,
                "failures": counts.failures,
                "first": counts.first,
            },
        });
        header.to_string().into_bytes()
    }

    /// Parses what [`Header::to_json`] returned.
    pub(super) fn from_json(bytes: &[u8]) -> Option<Header> {
        let json: Value = serde_json::from_slice(bytes).ok()?;
        let meaning = json["meaning"].as_array()?.iter().map(|pair| {
            let value = STANDARD.decode(pair[1].as_str()?).ok()?;
            Some((pair[0].as_str()?.to_owned(), value))
        });
        let shares = match &json["shares"] {
            Value::Null => None,
            shares => Some(Shares {
                of: shares["of"].as_u64()?,
                have: numbers(&shares["have"])?,
            }),
        };
        let summary = &json["summary"];
        let first = summary["first"].as_array()?.iter();
        let first = first.map(|pair| Some((pair[0].as_u64()?, pair[1].as_str()?.to_owned())));
        Some(Header {
            ids: texts(&json["ids"])?.into_iter().collect(),
            meaning: meaning.collect::<Option<_>>()?,
            words: texts(&json["words"])?,
            shares,
            inputs: InputList {
                count: json["inputs"]["count"].as_u64()?,
                sha256: json["inputs"]["sha256"].as_str()?.to_owned(),
            },
            own: json["own"].as_u64()?,
            started: json["started"].as_f64()?,
            ended: json["ended"].as_f64()?,
            counts: SavedCounts {
                done: summary["done"].as_u64()?,
                bad_inputs: summary["bad_inputs"].as_u64()?,
                failed: summary["failed"].as_u64()?,
                bad_lines: summary["bad_lines"].as_u64()?,
                unrecognized: summary["unrecognized"].as_bool()?,
                allow_empty: summary["allow_empty"].as_bool()?,
                failures: summary["failures"].as_u64()?,
                first: first.collect::<Option<_>>()?,
            },
        })
    }
}

fn texts(list: &Value) -> Option<Vec<String>> {
    let texts = list.as_array()?.iter();
    texts.map(|text| text.as_str().map(str::to_owned)).collect()
}

fn numbers(list: &Value) -> Option<BTreeSet<u64>> {
    list.as_array()?.iter().map(Value::as_u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back() {
        let header = Header {
            meaning: vec![
                ("command".into(), b"\xff'x'".to_vec()),
                ("parts".into(), b"2".to_vec()),
            ],
            words: vec!["--by".into(), "é\n".into()],
            shares: Some(Shares {
                of: 9,
                have: [3, 4].into(),
            }),
            counts: SavedCounts {
                first: vec![(7, "a: gone".into())],
                ..SavedCounts::default()
            },
            ..Header::default()
        }
        .of_run(UNIX_EPOCH);
        assert_eq!(Header::from_json(&header.to_json()), Some(header));
    }
}
