//! The record stage of a worker for one format: blocks of a job go in, records come out.
//!
//! It does not know where the blocks come from or what the sink does.

use super::evidence::Evidence;
use super::format::{
    ALB, Clf, Csv, CsvLines, DelimiterSplitter, Extract, Format, Json, JsonAfter, LogFormatSplitter, Logfmt,
    S3, Syslog, Tokens, W3c, WholeLine, Ws,
};
use super::line_loop::{Checkpoint, LineLoop};
use super::notes::Notes;
use super::plan::RecordPlan;
use super::projection::Projection;
use super::record_sink::RecordSink;
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;
use std::time::SystemTime;

/// The record stage of one worker for one format, reused from job to job.
#[derive(Debug)]
pub(super) struct FormatStage {
    splitter: Splitter,
    line_loop: LineLoop,
}

/// The splitter of the plan's format; a line loop of its own is compiled for each.
#[derive(Debug)]
enum Splitter {
    Ws(Ws),
    Delimiter(DelimiterSplitter),
    WholeLine(WholeLine),
    Clf(Clf),
    Csv(Box<Csv>),
    Json(Json),
    JsonAfter(JsonAfter),
    Logfmt(Logfmt),
    Syslog(Syslog),
    W3c(Box<W3c>),
    Tokens(Tokens),
    LogFormat(LogFormatSplitter),
    Extract(Extract),
}

impl FormatStage {
    /// Builds a stage for this plan.
    pub fn new(plan: &RecordPlan) -> FormatStage {
        let projection = Projection::new(plan);
        let sources = &projection.sources;
        let splitter = match &plan.format {
            Format::Ws => Splitter::Ws(Ws::new(sources, plan.record_start.is_some())),
            Format::Delimited(delimiter) => Splitter::Delimiter(DelimiterSplitter::new(*delimiter, sources)),
            // Its files are read by the stages of the formats that they have.
            Format::Lines | Format::Auto => Splitter::WholeLine(WholeLine),
            Format::Clf => Splitter::Clf(Clf::new(sources)),
            Format::Csv {
                delimiter,
                quoting,
                header,
            } => Splitter::Csv(Box::new(Csv::new(*delimiter, *quoting, *header, sources))),
            Format::Json => Splitter::Json(Json::new(sources)),
            Format::JsonAfter(prefix) => Splitter::JsonAfter(JsonAfter::new(prefix, sources)),
            Format::Logfmt => Splitter::Logfmt(Logfmt::new(sources)),
            Format::Syslog => Splitter::Syslog(Syslog::new(sources)),
            Format::W3c => Splitter::W3c(Box::new(W3c::new(sources))),
            Format::Alb => Splitter::Tokens(Tokens::new(&ALB, sources)),
            Format::S3 => Splitter::Tokens(Tokens::new(&S3, sources)),
            Format::LogFormat(format) => Splitter::LogFormat(LogFormatSplitter::new(format, sources)),
            Format::Extract(regex) => Splitter::Extract(Extract::new(regex, sources)),
        };
        FormatStage {
            splitter,
            line_loop: LineLoop::new(plan, projection),
        }
    }

    /// Starts a job, or another try of it, and discards the state of the previous one. `name` is the value
    /// of `@file`; no time without a year is after `modified`, or after the start of the program.
    pub fn begin(&mut self, name: &OsStr, modified: Option<SystemTime>) {
        self.line_loop.begin(name.as_encoded_bytes(), modified);
        match &mut self.splitter {
            Splitter::Csv(csv) => csv.begin(),
            Splitter::W3c(w3c) => w3c.begin(),
            _ => {}
        }
    }

    /// Accepts the next bytes of the job, which may end anywhere, and gives the records that they complete
    /// to `sink`. Breaks when no more bytes are needed.
    pub fn block(&mut self, bytes: &[u8], sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        let line_loop = &mut self.line_loop;
        if line_loop.done {
            return Ok(ControlFlow::Break(()));
        }
        match &mut self.splitter {
            Splitter::Ws(split) => line_loop.block(split, bytes, sink),
            Splitter::Delimiter(split) => line_loop.block(split, bytes, sink),
            Splitter::WholeLine(split) => line_loop.block(split, bytes, sink),
            Splitter::Clf(split) => line_loop.block(split, bytes, sink),
            Splitter::Csv(csv) => csv_block(line_loop, csv, bytes, sink),
            Splitter::Json(split) => line_loop.block(split, bytes, sink),
            Splitter::JsonAfter(split) => line_loop.block(split, bytes, sink),
            Splitter::Logfmt(split) => line_loop.block(split, bytes, sink),
            Splitter::Syslog(split) => line_loop.block(split, bytes, sink),
            Splitter::W3c(split) => line_loop.block(&mut **split, bytes, sink),
            Splitter::Tokens(split) => line_loop.block(split, bytes, sink),
            Splitter::LogFormat(split) => line_loop.block(split, bytes, sink),
            Splitter::Extract(split) => line_loop.block(split, bytes, sink),
        }
    }

    /// Ends the input of the job: a last line without a newline is a line.
    pub fn end(&mut self, sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        if self.line_loop.done {
            return Ok(ControlFlow::Break(()));
        }
        if let Splitter::Csv(csv) = &mut self.splitter {
            let before = csv.decoded().len();
            return match csv.feed(b"\n") {
                Some(_) => csv_record(&mut self.line_loop, csv, b"", sink),
                // Only a quoted field takes the newline as a byte.
                None if csv.decoded().len() > before => {
                    let open_quote = |record: &[u8]| csv.open_quote(record);
                    Ok(self.line_loop.reject_unclosed(open_quote))
                }
                None => Ok(ControlFlow::Continue(())),
            };
        }
        let mut flow = ControlFlow::Continue(());
        if !self.line_loop.carry.is_empty() {
            flow = self.block(b"\n", sink)?;
        }
        if self.line_loop.end_joined() && flow.is_continue() {
            flow = self.block(b"", sink)?;
        }
        if let Splitter::W3c(w3c) = &self.splitter
            && self.line_loop.failure.is_none()
        {
            self.line_loop.failure = w3c.failure();
        }
        Ok(flow)
    }

    /// Returns what was found in the complete lines so far; more may come.
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.line_loop.checkpoint()
    }

    /// Returns what this job left out, after its end.
    pub fn notes(&mut self) -> Notes {
        self.line_loop.notes_of_job()
    }

    /// Returns how many lines this job had, as far as they were read.
    pub fn lines(&self) -> u64 {
        self.line_loop.notes.line
    }

    /// Takes the bad lines since the last call, each with its newline, when the plan keeps them.
    pub fn take_bad_lines(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.line_loop.bad_lines)
    }

    /// Returns whether any line of the job is of the format.
    pub fn evidence(&self) -> Evidence {
        self.line_loop.evidence()
    }

    /// Returns what is wrong with an input that was read to its end: a quote that is never closed.
    pub fn damage(&self) -> Option<String> {
        self.line_loop.damage.clone()
    }

    /// Returns the reason why the job fails although its bytes could be read: a bad line under
    /// [`super::OnBadLine::Fail`], or a column that the input lacks. The worker asks after a break and
    /// after the end.
    pub fn failure(&self) -> Option<String> {
        self.line_loop.failure.clone()
    }
}

/// Cuts a block into CSV records.
fn csv_block(
    line_loop: &mut LineLoop,
    csv: &mut Csv,
    mut bytes: &[u8],
    sink: &mut dyn RecordSink,
) -> io::Result<ControlFlow<()>> {
    while !bytes.is_empty() {
        if line_loop.carry.is_empty() {
            let (lines, rest) = bytes.split_at(csv.plain_lines(bytes));
            let flow = line_loop.whole_lines(&mut CsvLines::new(csv), lines, sink)?;
            if line_loop.end_on_break(flow).is_break() {
                return Ok(flow);
            }
            bytes = rest;
        }
        let Some(length) = csv.feed(bytes) else {
            return Ok(line_loop.carry_on(bytes, |record| csv.open_quote(record)));
        };
        let (record, rest) = bytes.split_at(length);
        if csv_record(line_loop, csv, record, sink)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        bytes = rest;
    }
    Ok(ControlFlow::Continue(()))
}

/// Handles the record that the reader has completed; `bytes` are the last of it.
fn csv_record(
    line_loop: &mut LineLoop,
    csv: &mut Csv,
    bytes: &[u8],
    sink: &mut dyn RecordSink,
) -> io::Result<ControlFlow<()>> {
    if csv.is_blank() {
        csv.clear();
        return Ok(line_loop.skip(bytes));
    }
    let flow = match csv.accept_header() {
        Err(missing) => {
            line_loop.failure = Some(missing);
            ControlFlow::Break(())
        }
        Ok(true) => line_loop.skip(bytes),
        Ok(false) => line_loop.read(bytes, csv, sink)?,
    };
    csv.clear();
    Ok(line_loop.end_on_break(flow))
}

#[cfg(test)]
mod tests;
