//! The options about blocks, those that do nothing here or are refused, and fanfold's own.

use super::kinds::{gnu, ignored, ignored_value, own, set};
use crate::cli::option_value::{file_name, time_limit};
use crate::cli::parallel::getopt::Spec;
use crate::cli::parallel::getopt::Takes::{Nothing, Refused, RefusedWithValue, Required};
use crate::cli::parallel::help;
use crate::cli::parallel::options::{Options, PipeFile};
use crate::cli::parallel::value;

const SSH: &str = "is not supported: jobs of fanfold parallel run on this machine (fanfold run has --queue and --shard, see fanfold help many-machines)";
const SQL: &str = "is not supported: use --state for a record of jobs";
const TMUX: &str = "is not supported: use --line-buffer or --tag to watch jobs";
const PERL: &str = "is not supported: fanfold has no Perl; use the replacement strings of --plus, or a shell";
const RETIRED: &str = "has been retired";
const OTHER: &str = "is not supported by fanfold";

/// Options about standard input in blocks.
pub(super) const PIPE: &[Spec<Options>] = &[
    // Standard input in blocks.
    gnu("pipe spreadstdin", Nothing(|o| o.pipe.on = true)),
    gnu(
        "block-size blocksize block",
        Required(|o, text| set(&mut o.pipe.block, value::block(text))),
    ),
    gnu(
        "recstart",
        Required(|o, text| set(&mut o.pipe.start, value::delimiter(text).map(Some))),
    ),
    gnu(
        "recend",
        Required(|o, text| set(&mut o.pipe.end, value::delimiter(text).map(Some))),
    ),
    gnu(
        "remove-rec-sep removerecsep rrs",
        Nothing(|o| o.pipe.removes_separators = true),
    ),
    gnu("regexp regex", Nothing(|o| o.pipe.is_pattern = true)),
    gnu(
        "round-robin roundrobin round",
        Nothing(|o| {
            o.pipe.on = true;
            o.pipe.is_shared = true;
        }),
    ),
    gnu(
        "pipe-part pipepart",
        Nothing(|o| {
            o.pipe.on = true;
            o.pipe.is_part = true;
        }),
    ),
    gnu(
        "tee",
        Nothing(|o| {
            o.pipe.on = true;
            o.pipe.tee = true;
        }),
    ),
    gnu("cat", Nothing(|o| o.pipe.file = Some(PipeFile::Regular))),
    gnu("fifo", Nothing(|o| o.pipe.file = Some(PipeFile::Fifo))),
];

/// All other options.
pub(super) const REST: &[Spec<Options>] = &[
    // Nothing here.
    ignored("will-cite willcite nn nonotice no-notice bibtex citation"),
    ignored("gnu tollef silent noswap o open-tty tty x exit bug"),
    ignored("color colour color-failed colour-failed colorfailed colourfailed cf compress"),
    ignored("use-sockets-instead-of-threads use-cores-instead-of-threads use-cpus-instead-of-cores"),
    ignored_value("env"),
    ignored_value("use-compress-program compress-program use-decompress-program decompress-program"),
    ignored_value("total-jobs totaljobs total ssh-delay sshdelay"),
    // Kept options.
    gnu(
        "profile J",
        Required(|o, name| {
            o.profiles.push(name.to_owned());
            Ok(())
        }),
    ),
    gnu("plain", Nothing(|o| o.plain = true)),
    // Texts in place of a run.
    gnu(
        "minversion",
        Required(|o, version| {
            o.print = o.print.or(Some(help::reference_version));
            value::at_most_reference(version)
        }),
    ),
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
        "S sshlogin",
        Required(|o, host| {
            value::this_machine(host, SSH).map(|jobs| o.running.jobs = jobs.unwrap_or(o.running.jobs))
        }),
    ),
    gnu(
        "sshloginfile slf basefile bf return transfer-file transferfile tf trc ssh hostgroups hgrp",
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
    gnu("memsuspend limit", RefusedWithValue("is not supported: use -j")),
    gnu(
        "csv interactive p shebang hashbang record-env recordenv pipe-means-argfiles",
        Refused(OTHER),
    ),
    gnu(
        "shard bin group-by groupby block-timeout blocktimeout parens template tmpl linkinputsource xapplyinputsource shell-completion D debug",
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
