//! The options about values, command lines, output and jobs.

use super::kinds::{gnu, set};
use crate::cli::parallel::getopt::Spec;
use crate::cli::parallel::getopt::Takes::{Nothing, Optional, OptionalNumber, Required};
use crate::cli::parallel::jobs;
use crate::cli::parallel::options::{Options, Resume};
use crate::cli::parallel::value;
use crate::process::StartCondition;
use crate::template::{Hole, Repeat};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// The options about values, command lines, output and jobs.
pub(super) const ORDINARY: &[Spec<Options>] = &[
    // Inputs.
    gnu(
        "arg-file argfile a",
        Required(|o, file| {
            o.inputs.files.push(file.into());
            Ok(())
        }),
    ),
    gnu("null 0", Nothing(|o| o.inputs.terminator = vec![0])),
    gnu(
        "delimiter d",
        Required(|o, text| set(&mut o.inputs.terminator, value::delimiter(text))),
    ),
    gnu(
        "arg-sep argsep",
        Required(|o, text| set(&mut o.inputs.separator, Ok(text.into()))),
    ),
    gnu(
        "arg-file-sep argfilesep",
        Required(|o, text| set(&mut o.inputs.file_separator, Ok(text.into()))),
    ),
    gnu(
        "col-sep colsep C",
        Required(|o, text| set(&mut o.inputs.columns, value::columns(text).map(Some))),
    ),
    gnu(
        "header",
        Required(|o, text| set(&mut o.inputs.header, value::heading(text).map(Some))),
    ),
    gnu("skip-first-line", Nothing(|o| o.inputs.skips_first = true)),
    gnu("link xapply", Nothing(|o| o.inputs.linked = true)),
    gnu(
        "E",
        Required(|o, text| set(&mut o.inputs.end, Ok(value::end_word(text)))),
    ),
    gnu(
        "eof e",
        Optional(|o, text| set(&mut o.inputs.end, Ok(text.and_then(value::end_word)))),
    ),
    gnu(
        "no-run-if-empty norunifempty r",
        Nothing(|o| o.inputs.skips_blank = true),
    ),
    gnu(
        "trim",
        Required(|o, text| set(&mut o.inputs.trim, value::trim(text).map(Some))),
    ),
    gnu("shuf", Nothing(|o| o.inputs.shuffled = true)),
    gnu(
        "max-args maxargs n",
        Required(|o, n| set(&mut o.inputs.args, value::number(n, "n").map(Some))),
    ),
    gnu(
        "max-replace-args maxreplaceargs N",
        Required(|o, n| set(&mut o.inputs.replaced_args, value::number(n, "N").map(Some))),
    ),
    gnu(
        "L",
        Required(|o, n| {
            o.lines();
            o.pipe.record_lines = Some(value::number(n, "L")?);
            set(&mut o.inputs.lines, value::number(n, "L").map(Some))
        }),
    ),
    gnu(
        "max-lines maxlines l",
        OptionalNumber(|o, n| {
            // No lines are one line.
            let lines = value::number(n.unwrap_or(OsStr::new("1")), "l")?.max(1);
            o.inputs.continued = true;
            o.inputs.lines = Some(lines);
            o.pipe.record_lines = Some(lines);
            Ok(())
        }),
    ),
    gnu("X", Nothing(|o| o.fill(true, Repeat::Word))),
    gnu("m", Nothing(|o| o.fill(true, Repeat::Value))),
    gnu("xargs", Nothing(|o| o.fill(false, Repeat::Value))),
    gnu(
        "max-chars maxchars s",
        Required(|o, n| set(&mut o.inputs.chars, value::number(n, "s").map(Some))),
    ),
    // The command line.
    gnu(
        "I",
        Required(|o, text| {
            o.respell(Hole::Value, text);
            Ok(())
        }),
    ),
    gnu(
        "replace i",
        Optional(|o, text| {
            o.respell(Hole::Value, text.unwrap_or(OsStr::new("{}")));
            Ok(())
        }),
    ),
    gnu(
        "extensionreplace er",
        Required(|o, text| {
            o.respell(Hole::Stem, text);
            Ok(())
        }),
    ),
    gnu(
        "basenamereplace bnr",
        Required(|o, text| {
            o.respell(Hole::Base, text);
            Ok(())
        }),
    ),
    gnu(
        "dirnamereplace dnr",
        Required(|o, text| {
            o.respell(Hole::Directory, text);
            Ok(())
        }),
    ),
    gnu(
        "basenameextensionreplace bner",
        Required(|o, text| {
            o.respell(Hole::BaseStem, text);
            Ok(())
        }),
    ),
    gnu(
        "seqreplace",
        Required(|o, text| {
            o.respell(Hole::Job, text);
            Ok(())
        }),
    ),
    gnu(
        "slotreplace",
        Required(|o, text| {
            o.respell(Hole::Slot, text);
            Ok(())
        }),
    ),
    gnu("plus", Nothing(|o| o.command.holes.plus = true)),
    gnu("quote q", Nothing(|o| o.command.quote = true)),
    gnu(
        "shell-quote shellquote",
        Nothing(|o| {
            o.command.dry_run = true;
            o.command.shell_quotes += 1;
        }),
    ),
    gnu(
        "process-slot-var processslotvar",
        Required(|o, name| set(&mut o.command.slot_variable, value::variable(name).map(Some))),
    ),
    gnu("dry-run dryrun dr", Nothing(|o| o.command.dry_run = true)),
    gnu(
        "work-dir workdir wd",
        Required(|o, text| set(&mut o.command.wd, value::directory(text).map(Some))),
    ),
    // Output.
    gnu("keep-order keeporder k", Nothing(|o| o.output.keep_order = true)),
    gnu(
        "no-keep-order nokeeporder nok no-k",
        Nothing(|o| o.output.keep_order = false),
    ),
    gnu("group", Nothing(|o| o.output.group = true)),
    gnu("ungroup u", Nothing(|o| o.output.ungroup = true)),
    gnu(
        "line-buffer line-buffered linebuffer linebuffered lb latest-line latestline ll",
        Nothing(|o| {
            o.output.lines = true;
        }),
    ),
    gnu("tag", Nothing(|o| o.output.tag = true)),
    gnu(
        "tag-string tagstring",
        Required(|o, text| set(&mut o.output.tag_string, Ok(Some(text.into())))),
    ),
    gnu("ctag", Nothing(|o| o.output.tag = true)),
    gnu(
        "ctag-string ctagstring",
        Required(|o, text| set(&mut o.output.tag_string, Ok(Some(text.into())))),
    ),
    gnu("v", Nothing(|o| o.output.verbose = true)),
    gnu("verbose t", Nothing(|o| o.output.trace = true)),
    gnu(
        "results result res",
        Required(|o, text| set(&mut o.output.results, Ok(Some(text.to_owned())))),
    ),
    gnu(
        "output-as-files outputasfiles files",
        Nothing(|o| o.output.files = true),
    ),
    gnu(
        "tmpdir tempdir",
        Required(|o, dir| set(&mut o.output.tmpdir, Ok(Some(dir.into())))),
    ),
    gnu("bar", Nothing(|o| o.output.progress = true)),
    gnu("eta", Nothing(|o| o.output.progress = true)),
    gnu("progress", Nothing(|o| o.output.progress = true)),
    // Running.
    gnu(
        "jobs j max-procs maxprocs P",
        Required(|o, text| set(&mut o.running.jobs, jobs::read(text))),
    ),
    gnu(
        "delay",
        Required(|o, text| set(&mut o.running.delay, value::duration(text, "delay"))),
    ),
    gnu(
        "retries",
        Required(|o, n| set(&mut o.running.tries, value::count(n, "retries"))),
    ),
    gnu(
        "timeout",
        Required(|o, text| set(&mut o.running.timeout, value::timeout(text).map(Some))),
    ),
    gnu(
        "load",
        Required(|o, text| {
            o.running
                .conditions
                .push(StartCondition::Load(value::load(text)?));
            Ok(())
        }),
    ),
    gnu(
        "memfree",
        Required(|o, text| {
            let free = value::size(text, "memfree")?;
            o.running.conditions.push(StartCondition::FreeMemory(free));
            Ok(())
        }),
    ),
    gnu(
        "term-seq termseq",
        Required(|o, text| set(&mut o.running.kill_after, value::term_sequence(text))),
    ),
    gnu(
        "halt-on-error haltonerror halt",
        Required(|o, text| set(&mut o.running.halt, value::halt(text))),
    ),
    gnu(
        "nice",
        Required(|o, n| set(&mut o.running.nice, value::nice(n).map(Some))),
    ),
    gnu(
        "joblog jl",
        Required(|o, file| {
            let grown = file.as_bytes().strip_prefix(b"+");
            o.running.joblog_grows = grown.is_some();
            o.running.joblog = Some(grown.map_or(file, OsStr::from_bytes).into());
            Ok(())
        }),
    ),
    gnu(
        "resume",
        Nothing(|o| o.running.resume = o.running.resume.or(Some(Resume::Logged))),
    ),
    gnu(
        "resume-failed resumefailed",
        Nothing(|o| o.running.resume = Some(Resume::Succeeded)),
    ),
    gnu(
        "retry-failed retryfailed",
        Nothing(|o| o.running.resume = Some(Resume::Failed)),
    ),
];
