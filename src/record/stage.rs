//! Bytes into records: what a worker feeds with the blocks of a job.

use super::RecordSink;
use super::format::{Clf, Csv, Cut, Extract, Fed, Format, Json, Last, Lines, Logfmt, Ws};
use super::line_loop::LineLoop;
use super::plan::RecordPlan;
use super::projection::Projection;
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;

/// The stage of one worker, reused from job to job.
#[derive(Debug)]
pub struct Stage {
    splitter: Splitter,
    core: LineLoop,
}

/// One loop over lines is compiled for each.
#[derive(Debug)]
enum Splitter {
    Ws(Ws),
    Cut(Cut),
    Lines(Lines),
    Clf(Clf),
    Csv(Box<Csv>),
    Json(Json),
    Logfmt(Logfmt),
    Extract(Extract),
}

impl Stage {
    /// A stage for records of this plan.
    pub fn new(plan: &RecordPlan) -> Stage {
        let pick = Projection::new(plan);
        let sources = &pick.sources;
        let splitter = match &plan.format {
            Format::Ws => Splitter::Ws(Ws::new(sources)),
            Format::Cut(delimiter) => Splitter::Cut(Cut::new(*delimiter, sources)),
            Format::Lines => Splitter::Lines(Lines),
            Format::Clf => Splitter::Clf(Clf::new(sources)),
            Format::Csv { delimiter, header } => {
                Splitter::Csv(Box::new(Csv::new(*delimiter, *header, sources)))
            }
            Format::Json => Splitter::Json(Json::new(sources)),
            Format::Logfmt => Splitter::Logfmt(Logfmt::new(sources)),
            Format::Extract(regex) => Splitter::Extract(Extract::new(regex, sources)),
        };
        Stage {
            splitter,
            core: LineLoop::new(plan, pick),
        }
    }

    /// Begins a job, or a try at one: forgets the one before. `name` is what `@file` gives.
    pub fn begin(&mut self, name: &OsStr) {
        self.core.begin(name.as_encoded_bytes());
        if let Splitter::Csv(csv) = &mut self.splitter {
            csv.begin();
        }
    }

    /// Takes the next bytes of the job, which may end anywhere, and gives the records that they
    /// complete to `sink`. Breaks when no more are wanted.
    ///
    /// # Errors
    /// What `sink` said.
    pub fn block(&mut self, bytes: &[u8], sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        let core = &mut self.core;
        if core.is_done() {
            return Ok(ControlFlow::Break(()));
        }
        match &mut self.splitter {
            Splitter::Ws(split) => core.block(split, bytes, sink),
            Splitter::Cut(split) => core.block(split, bytes, sink),
            Splitter::Lines(split) => core.block(split, bytes, sink),
            Splitter::Clf(split) => core.block(split, bytes, sink),
            Splitter::Csv(csv) => csv_block(core, csv, bytes, sink),
            Splitter::Json(split) => core.block(split, bytes, sink),
            Splitter::Logfmt(split) => core.block(split, bytes, sink),
            Splitter::Extract(split) => core.block(split, bytes, sink),
        }
    }

    /// The job has no more bytes: a last line without a newline is a line.
    ///
    /// # Errors
    /// What `sink` said.
    pub fn end(&mut self, sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        if self.core.is_done() {
            return Ok(ControlFlow::Break(()));
        }
        if let Splitter::Csv(csv) = &mut self.splitter {
            return match csv.end() {
                Last::Nothing => Ok(ControlFlow::Continue(())),
                Last::Record => csv_record(&mut self.core, csv, b"", sink),
                Last::Unclosed => Ok(self.core.unclosed()),
            };
        }
        if self.core.carries_nothing() {
            return Ok(ControlFlow::Continue(()));
        }
        self.block(b"\n", sink)
    }

    /// A stage for other lines of the same job, where it may be cut (see [`RecordPlan::cuttable`]).
    pub fn beside(&self, plan: &RecordPlan) -> Stage {
        let mut beside = Stage::new(plan);
        beside.core.begin(self.core.file());
        beside
    }

    /// Takes over what a stage beside it noted of its lines, which come next.
    pub fn adopt(&mut self, beside: &mut Stage) {
        self.core.bad += beside.core.bad;
        self.core.kept.append(&mut beside.core.kept);
    }

    /// How many lines of this job the format could not read.
    pub fn bad_lines(&self) -> u64 {
        self.core.bad
    }

    /// The lines that the format could not read, each with its newline, when the plan keeps them;
    /// taken out, so that they may be taken again and again.
    pub fn take_bad_lines(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.core.kept)
    }

    /// Why the job fails though its bytes could be read: a bad line under [`super::OnBadLine::Fail`], a
    /// column that the input does not have. To be asked after a break and after the end.
    pub fn failure(&self) -> Option<String> {
        self.core.failure.clone()
    }
}

fn csv_block(
    core: &mut LineLoop,
    csv: &mut Csv,
    mut bytes: &[u8],
    sink: &mut dyn RecordSink,
) -> io::Result<ControlFlow<()>> {
    while !bytes.is_empty() {
        match csv.feed(bytes) {
            Fed::More => {
                core.carry(bytes);
                break;
            }
            Fed::Record(length) => {
                let (record, rest) = bytes.split_at(length);
                if csv_record(core, csv, record, sink)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                bytes = rest;
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Takes the record that the reader has; `bytes` are its last.
fn csv_record(
    core: &mut LineLoop,
    csv: &mut Csv,
    bytes: &[u8],
    sink: &mut dyn RecordSink,
) -> io::Result<ControlFlow<()>> {
    let flow = match csv.accept_header() {
        Err(missing) => {
            core.failure = Some(missing);
            ControlFlow::Break(())
        }
        Ok(true) => core.skip(bytes),
        Ok(false) => core.read(bytes, csv.decoded(), |spans| csv.split(spans), sink)?,
    };
    csv.clear();
    Ok(core.after(flow))
}
