//! The table of the options of `fanfold parallel`: those of GNU parallel 20221122, and fanfold's own.

use super::getopt::Spec;
use super::getopt::Takes::{self, Nothing, Optional, OptionalNumber, Refused, RefusedWithValue, Required};
use super::options::{Options, Resume};
use super::{help, jobs, value};
use crate::cli::option_value::{file_name, time_limit};
use crate::template::{Hole, Repeat};
use anyhow::Result;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

const fn gnu(names: &'static str, takes: Takes<Options>) -> Spec<Options> {
    Spec {
        names,
        takes,
        shortens: true,
    }
}

/// Returns an option that GNU parallel does not have. It can't be cut short, so that each shortened name means what
/// it means to GNU parallel.
const fn own(names: &'static str, takes: Takes<Options>) -> Spec<Options> {
    Spec {
        names,
        takes,
        shortens: false,
    }
}

/// An option that changes nothing here.
const fn ignored(names: &'static str) -> Spec<Options> {
    gnu(names, Nothing(|_| ()))
}

/// The same, with a value.
const fn ignored_value(names: &'static str) -> Spec<Options> {
    gnu(names, Required(|_, _| Ok(())))
}

const SSH: &str =
    "is not supported: fanfold runs jobs on this machine (see --shard of 'fanfold run' for many machines)";
const SQL: &str = "is not supported: use --state for a record of jobs";
const TMUX: &str = "is not supported: use --line-buffer or --tag to watch jobs";
const PERL: &str = "is not supported: fanfold has no Perl; use the replacement strings of --plus, or a shell";
const RETIRED: &str = "has been retired";
const OTHER: &str = "is not supported by fanfold";

fn set<T>(place: &mut T, value: Result<T>) -> Result<()> {
    *place = value?;
    Ok(())
}

/// The options.
pub(super) const SPECS: &[Spec<Options>] = &[
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
    gnu("header", Required(|o, _| set(&mut o.inputs.header, Ok(true)))),
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
        Required(|o, n| set(&mut o.inputs.most, value::number(n, "n").map(Some))),
    ),
    gnu(
        "max-replace-args maxreplaceargs N",
        Required(|o, n| set(&mut o.inputs.most, value::number(n, "N").map(Some))),
    ),
    gnu(
        "L",
        Required(|o, n| {
            o.lines();
            set(&mut o.inputs.most, value::number(n, "L").map(Some))
        }),
    ),
    gnu(
        "max-lines maxlines l",
        OptionalNumber(|o, n| {
            o.inputs.continued = true;
            set(
                &mut o.inputs.most,
                value::number(n.unwrap_or(OsStr::new("1")), "l").map(Some),
            )
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
    gnu("dry-run dryrun dr", Nothing(|o| o.command.dry_run = true)),
    gnu(
        "work-dir workdir wd",
        Required(|o, text| set(&mut o.command.wd, Ok(Some(text.into())))),
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
    gnu("results result res", RefusedWithValue("is not supported")),
    gnu("output-as-files outputasfiles files", Refused("is not supported")),
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
        Required(|o, file| set(&mut o.running.joblog, Ok(Some(file.into())))),
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
    // Standard input in blocks.
    gnu("pipe spreadstdin", Nothing(|o| o.pipe.on = true)),
    gnu(
        "block-size blocksize block",
        Required(|o, text| set(&mut o.pipe.block, value::size(text, "block"))),
    ),
    gnu(
        "recstart",
        Required(|o, text| set(&mut o.pipe.start, value::delimiter(text).map(Some))),
    ),
    gnu(
        "recend",
        Required(|o, text| set(&mut o.pipe.end, value::delimiter(text).map(Some))),
    ),
    gnu("remove-rec-sep removerecsep rrs", Refused("is not supported")),
    gnu(
        "round-robin roundrobin round rr",
        Refused("is not supported: without it, each block is a job"),
    ),
    gnu(
        "pipe-part pipepart",
        Refused("is not supported: use --pipe < FILE"),
    ),
    gnu(
        "regexp regex",
        Refused("is not supported: --recstart and --recend are plain text"),
    ),
    // Nothing here.
    ignored("will-cite willcite nn nonotice no-notice bibtex citation"),
    ignored("gnu tollef silent noswap o open-tty tty x exit bug"),
    ignored("color colour color-failed colour-failed colorfailed colourfailed cf compress"),
    ignored("use-sockets-instead-of-threads use-cores-instead-of-threads use-cpus-instead-of-cores"),
    ignored_value("env"),
    ignored_value("use-compress-program compress-program use-decompress-program decompress-program"),
    ignored_value("total-jobs totaljobs total ssh-delay sshdelay"),
    gnu("help h", Nothing(|o| o.print = o.print.or(Some(help::text)))),
    gnu(
        "version V",
        Nothing(|o| o.print = o.print.or(Some(help::version))),
    ),
    gnu(
        "max-line-length-allowed maxlinelengthallowed show-limits showlimits",
        Nothing(|o| {
            o.print = o.print.or(Some(help::line_length));
        }),
    ),
    gnu(
        "number-of-cpus numberofcpus number-of-cores numberofcores number-of-threads numberofthreads number-of-sockets",
        Nothing(|o| {
            o.print = o.print.or(Some(help::cores));
        }),
    ),
    // Refused.
    gnu("g T Y ctrl-c ctrlc no-ctrl-c noctrlc", Refused(RETIRED)),
    gnu("B U W H sql", RefusedWithValue(RETIRED)),
    gnu(
        "S sshlogin sshloginfile slf basefile bf return transfer-file transferfile tf trc ssh hostgroups hgrp",
        RefusedWithValue(SSH),
    ),
    gnu(
        "onall nonall transfer cleanup controlmaster M filter-hosts embed",
        Refused(SSH),
    ),
    gnu(
        "sqlmaster sql-master sqlworker sql-worker sqlandworker sql-and-worker",
        RefusedWithValue(SQL),
    ),
    gnu("tmux tmuxpane tmux-pane fg", Refused(TMUX)),
    gnu("rpl filter", RefusedWithValue(PERL)),
    gnu(
        "semaphore bg wait",
        Refused("is not supported: see flock(1), or --lock of 'fanfold run'"),
    ),
    gnu(
        "semaphore-timeout semaphoretimeout st semaphore-name semaphorename id",
        RefusedWithValue(OTHER),
    ),
    gnu(
        "memfree memsuspend load limit",
        RefusedWithValue("is not supported: use -j"),
    ),
    gnu(
        "profile J",
        RefusedWithValue("is not supported: put options in the variable PARALLEL"),
    ),
    gnu(
        "cat fifo tee csv interactive p shebang hashbang record-env recordenv shell-quote shellquote skip-first-line pipe-means-argfiles",
        Refused(OTHER),
    ),
    gnu(
        "shard bin group-by groupby block-timeout blocktimeout parens process-slot-var processslotvar template tmpl linkinputsource xapplyinputsource shell-completion D debug",
        RefusedWithValue(OTHER),
    ),
    // fanfold's own.
    own(
        "state",
        Required(|o, text| {
            set(
                &mut o.running.state,
                value::named("state", text, file_name(text)).map(Some),
            )
        }),
    ),
    own(
        "kill-after",
        Required(|o, text| {
            let parsed = time_limit(&text.to_string_lossy());
            set(
                &mut o.running.kill_after,
                value::named("kill-after", text, parsed),
            )
        }),
    ),
    own(
        "out",
        Required(|o, text| set(&mut o.output.out, Ok(Some(text.into())))),
    ),
    own(
        "memory",
        Required(|o, text| set(&mut o.running.memory, value::size(text, "memory").map(Some))),
    ),
    own(
        "ok-exit",
        Required(|o, text| set(&mut o.running.ok_exit, value::statuses(text))),
    ),
];

/// Returns the words that the variable `PARALLEL` holds: options that come first.
pub(super) fn from_environment() -> Vec<std::ffi::OsString> {
    let text = std::env::var_os("PARALLEL").unwrap_or_default();
    let words = shlex::bytes::split(text.as_bytes()).unwrap_or_default();
    words
        .into_iter()
        .map(std::os::unix::ffi::OsStringExt::from_vec)
        .collect()
}
