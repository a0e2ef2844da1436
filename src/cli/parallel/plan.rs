//! The plan of a run of parallel: which values make a job, and how jobs run.
//!
//! It does not know how options are spelled.

use super::joblog::LoggedJobs;
use super::options::{Options, Resume};
use crate::cli::progress::{Printing, bar_or_lines};
use crate::plan::{
    ArgumentSource, ArgumentSources, Batch, BlankValue, Empty, FailurePlan, FailureStyle, HaltAt, HaltShare,
    InputSizes, Inputs, JobLogStart, NameUse, Order, Partial, Plan, ProgressPlan, ReadAhead, RecordGroup,
    Schedule, SignalAction, Tag, Trim, Unit,
};
use crate::sys;
use crate::template::Line;
use std::num::NonZeroUsize;
use std::time::Duration;

/// The longest command line when as many values as fit make a job.
const FILLED_LINE: usize = 63_664;

/// Jobs that end within this time end in the order of their values: GNU parallel takes about as long to start the next.
const SETTLING_TIME: Duration = Duration::from_millis(40);

/// Returns the sources as the options say they are read.
pub(super) fn arguments(sources: Vec<ArgumentSource>, options: &Options) -> ArgumentSources {
    let inputs = &options.inputs;
    let halt = options.running.halt;
    let is_share = matches!(halt, HaltAt::Soon(limit) | HaltAt::Now(limit) if matches!(limit.share, HaltShare::OfAll(_)));
    ArgumentSources {
        sources,
        terminator: inputs.terminator.clone(),
        // With names of columns, a line is columns.
        columns: inputs
            .columns
            .clone()
            .or_else(|| inputs.header.as_ref().map(|_| "\t".to_owned())),
        end: inputs.end.clone(),
        blank: match inputs.skips_blank {
            true => BlankValue::Skip,
            false => BlankValue::Keep,
        },
        trim: inputs.trim.unwrap_or(Trim {
            left: inputs.columns.is_some(),
            right: inputs.columns.is_some(),
        }),
        continued: inputs.continued,
        ahead: if inputs.shuffled {
            ReadAhead::Shuffled
        } else if is_share || options.output.progress {
            ReadAhead::All
        } else {
            ReadAhead::Some
        },
        group: RecordGroup::Count(NonZeroUsize::MIN),
    }
}

/// Returns which records are together in a job with this command line.
pub(super) fn group(line: &Line, options: &Options) -> RecordGroup {
    let inputs = &options.inputs;
    match (inputs.fill, inputs.most()) {
        (_, Some(0)) => RecordGroup::Unseen,
        (Some(fill), most) => {
            let (fixed, times) = line.size();
            let longest = inputs.chars.unwrap_or(FILLED_LINE);
            RecordGroup::Fill {
                most: most.unwrap_or(usize::MAX).max(1),
                room: longest.saturating_sub(fixed),
                times: times.max(1),
                spread: match fill.spreads {
                    // As many as possible at a time is no number to spread over.
                    true => options
                        .running
                        .jobs
                        .min(NonZeroUsize::new(1000).unwrap_or(NonZeroUsize::MIN)),
                    false => NonZeroUsize::MIN,
                },
            }
        }
        (None, most) => RecordGroup::Count(most.and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)),
    }
}

/// Returns the plan of jobs with these inputs. It has no state.
pub(super) fn plan(inputs: Inputs, logged: LoggedJobs, options: &Options) -> Plan {
    let (output, running) = (&options.output, &options.running);
    let start = match running.resume.is_some() || running.joblog_grows {
        true => JobLogStart::Append,
        false => JobLogStart::Empty,
    };
    Plan {
        deadline: None,
        side_files: Vec::new(),
        inputs,
        unit: Unit::File,
        batch: Batch::One,
        schedule: Schedule::Order,
        workers: running.jobs,
        signals: SignalAction::Status,
        order: match (output.lines, output.keep_order) {
            (true, true) => Order::Input,
            (true, false) => Order::Lines,
            (false, true) => Order::InputWhole,
            // One job at a time ends in the order of the values.
            (false, false) if running.jobs == NonZeroUsize::MIN => Order::InputWhole,
            (false, false) => Order::Finish,
        },
        tag: if output.tag || output.tag_string.is_some() {
            Tag::InputAsIs
        } else {
            Tag::Off
        },
        partial: Partial::Discard,
        first: None,
        memory: running.memory.unwrap_or_else(|| sys::available_memory() / 4),
        tmpdir: output.directory(),
        failures: FailurePlan {
            retries: running.tries.wrapping_sub(1),
            delay: Duration::ZERO,
            halt: running.halt,
            style: FailureStyle::CommandLines,
            list: None,
        },
        patience: running.kill_after,
        state: None,
        joblog: running
            .joblog
            .clone()
            .map(|file| (file, start))
            .filter(|_| !options.command.dry_run),
        settling_time: SETTLING_TIME,
        progress: match output.progress {
            true if output.ungroup => bar_or_lines(Printing::ByCommands),
            true => bar_or_lines(Printing::Meanwhile),
            false => ProgressPlan::None,
        },
        counts_bytes: false,
        sizes: InputSizes::Looked,
        names: NameUse::Files,
        shard: None,
        save: None,
        done: match running.resume {
            Some(Resume::Logged) => logged.all,
            Some(Resume::Succeeded | Resume::Failed) => logged.succeeded,
            None => Default::default(),
        },
        empty: Empty::Allowed,
    }
}
