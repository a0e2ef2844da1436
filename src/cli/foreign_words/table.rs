//! The table of words that xargs, GNU parallel, grep, awk, sort and their kind have and fanfold has not.
//!
//! To add a word: a row, or one more spelling in a row. It does not know how the words are found.

/// Of which command an answer is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Map,
    Run,
    Both,
}

/// Spellings of one thing in other tools, and what is typed here.
#[derive(Debug)]
pub(super) struct ForeignWord {
    pub(super) words: &'static [&'static str],
    pub(super) on: On,
    /// Whose they are, as in "'-k' is WHOSE".
    pub(super) whose: &'static str,
    pub(super) answer: &'static str,
}

const fn word(
    on: On,
    words: &'static [&'static str],
    whose: &'static str,
    answer: &'static str,
) -> ForeignWord {
    ForeignWord {
        words,
        on,
        whose,
        answer,
    }
}

use On::{Both, Map, Run};

#[rustfmt::skip]
pub(super) const WORDS: &[ForeignWord] = &[
    // GNU parallel
    word(Run, &["-k"], "GNU parallel's", "output is in input order already, leave it out"),
    word(Map, &["-k", "--key"], "sort's and GNU parallel's", "--sort [-]FIELD --top N orders records; lines are in input order already"),
    word(Both, &["--keep-order"], "GNU parallel's", "output is in input order already, leave it out"),
    word(Both, &["--resume"], "GNU parallel's", "with --state FILE the same command line again goes on where the last run ended"),
    word(Both, &["--resume-failed"], "GNU parallel's", "with --state FILE the same command line again runs what failed and what is new; --retry-failed runs only what failed"),
    word(Both, &["--will-cite", "--citation", "--bibtex", "--no-notice"], "GNU parallel's", "there is nothing to cite, leave it out"),
    word(Both, &["--results", "--res", "--files"], "GNU parallel's", "--out 'out/{/}.txt' writes each job's output to a file of its own"),
    word(Both, &["--colsep"], "GNU parallel's", "map reads columns of lines with -d C; fanfold parallel --colsep reads columns of names"),
    word(Both, &["--pipe", "--spreadstdin"], "GNU parallel's", "map splits large files itself, on all cores; for a command there is fanfold parallel --pipe"),
    word(Both, &["--pipepart", "--pipe-part"], "GNU parallel's", "map splits large files itself, on all cores"),
    word(Both, &["--block", "--block-size", "--recstart", "--recend"], "GNU parallel's", "map splits large files itself; for a command there is fanfold parallel --pipe --block SIZE"),
    word(Both, &["--sshlogin", "--slf", "--sshloginfile", "--onall", "--nonall", "--transferfile", "--transfer", "--return", "--cleanup", "--trc", "--basefile"], "GNU parallel's", "fanfold runs on this machine only: start it on each by ssh"),
    word(Both, &["--wd", "--workdir"], "GNU parallel's", "commands run in this directory: cd there first"),
    word(Run, &["--limit"], "GNU parallel's", "-j says how many run at a time, as -j 50% or -j -1"),
    word(Both, &["--load", "--memfree", "--noswap", "--memsuspend"], "GNU parallel's", "-j says how many run at a time, as -j 50% or -j -1"),
    word(Both, &["--delay"], "GNU parallel's", "there is fanfold parallel --delay; -j says how many run at a time"),
    word(Both, &["--shuf"], "GNU parallel's", "the order of inputs stays; there is fanfold parallel --shuf"),
    word(Both, &["--link", "--xapply"], "GNU parallel's", "a job has one kind of input here; there is fanfold parallel --link"),
    word(Both, &["--tagstring"], "GNU parallel's", "--tag begins each line with its input and a tab"),
    word(Both, &["--lb", "--linebuffer"], "GNU parallel's", "--line-buffer prints lines as they come"),
    word(Both, &["--group"], "GNU parallel's", "each job's output is printed whole already, leave it out"),
    word(Both, &["--halt-on-error"], "GNU parallel's", "--halt soon starts nothing more after a failure, --halt now ends what runs"),
    word(Both, &["--tmux", "--fg"], "GNU parallel's", "commands have no terminal here"),
    word(Both, &["--semaphore", "--sem", "--bg"], "GNU parallel's", "there is no semaphore here: flock(1) has one"),
    word(Both, &["--env"], "GNU parallel's", "commands get the whole environment; functions of bash: there is fanfold parallel"),
    word(Both, &["--rpl", "--plus"], "GNU parallel's", "the replacement strings are {} {/} {//} {.} {/.} {..} {/..} {#} {%}"),
    word(Both, &["--quote", "--shellquote"], "GNU parallel's", "nothing is read by a shell here, so nothing need be quoted"),
    word(Both, &["--max-replace-args", "-N"], "GNU parallel's", "run -n N gives each command N inputs"),
    word(Run, &["-m", "--xargs"], "GNU parallel's", "-X gives each command as many inputs as fit"),
    word(Both, &["--joblog-append", "--sqlmaster", "--sqlworker", "--sql"], "GNU parallel's", "--state FILE keeps what is done in a database"),
    word(Both, &["--no-keep-order"], "GNU parallel's", "--unordered prints outputs as jobs finish"),
    word(Both, &["--verbose"], "of xargs and GNU parallel", "run -t prints each command as it starts"),
    // xargs
    word(Run, &["-I", "--replace"], "of xargs", "{} stands for the input without an option"),
    word(Run, &["-L", "-l", "--max-lines"], "of xargs", "a line is a name; -n N gives each command N of them"),
    word(Run, &["-r", "--no-run-if-empty"], "of xargs", "without inputs nothing is run anyway; --allow-empty makes that no error"),
    word(Run, &["--max-chars"], "of xargs", "-X fills a command line as far as the system allows"),
    word(Run, &["-E", "-e", "--eof"], "of xargs", "names are read to the end of the list"),
    word(Run, &["-p", "--interactive"], "of xargs", "--dry-run shows the commands first; fanfold xargs -p asks"),
    word(Run, &["--process-slot-var"], "of xargs", "$FANFOLD_SLOT and {%} are the worker's number"),
    word(Run, &["--show-limits", "--open-tty", "--exit"], "of xargs", "there is fanfold xargs, option by option"),
    word(Both, &["--max-procs"], "of xargs", "-j N, or -P N, says how many run at a time"),
    word(Map, &["-I", "--replace", "-L", "--max-args"], "of xargs", "map runs no command: run does, as in fanfold run INPUT -- COMMAND"),
    // grep
    word(Map, &["-v", "--invert-match"], "grep's", "--not-grep TEXT and --not-regex RE take the other lines"),
    word(Map, &["-E", "-e", "-G", "--extended-regexp", "--regexp", "--perl-regexp", "--basic-regexp"], "grep's", "--regex RE takes lines that RE matches, --grep TEXT those with a text"),
    word(Map, &["--fixed-strings"], "grep's", "--grep TEXT takes lines with a text as it is"),
    word(Map, &["-l", "--files-with-matches"], "grep's, or of wc", "--grep TEXT --select @file --unique names the files; --fn wc counts lines"),
    word(Map, &["--files-without-match"], "grep's", "run --ok-exit 0,1 INPUT -- zgrep -L TEXT names the files"),
    word(Map, &["-c"], "of grep and uniq", "--count counts equal records; --by @file --agg count counts those of each file"),
    word(Map, &["--only-matching"], "grep's", "--extract '(RE)' --select 1 prints what RE matches"),
    word(Map, &["-r", "-R", "--recursive", "--dereference-recursive"], "grep's and sort's", "a directory means every file below it; --sort -FIELD sorts downwards"),
    word(Map, &["-H", "--with-filename"], "grep's", "--tag begins each line with its file"),
    word(Map, &["--no-filename"], "grep's", "lines have no file name before them, leave it out"),
    word(Map, &["-n", "--line-number", "--lines", "--numeric-sort"], "of head, grep and sort", "--first N takes N records; --select @line,0 numbers lines; --sort takes numbers as numbers already"),
    word(Map, &["-A", "-B", "-C", "--context", "--after-context", "--before-context"], "grep's", "records are seen one by one; run INPUT -- zgrep -C 3 TEXT shows their surroundings"),
    word(Map, &["-m", "--max-count"], "grep's", "--first N stops after N records"),
    word(Both, &["--include"], "grep's", "a quoted pattern takes the files: 'logs/**/*.gz'"),
    word(Both, &["--exclude-dir"], "grep's", "--exclude GLOB leaves out directories too"),
    word(Map, &["--word-regexp", "--line-regexp"], "grep's", "--regex '\\bWORD\\b' takes words, --regex '^LINE$' lines"),
    word(Map, &["--no-messages"], "grep's", "errors are always told; -q leaves out notes"),
    // awk, cut, sort, uniq
    word(Both, &["-F"], "awk's and grep's", "-d C is the byte between fields; --grep TEXT takes lines with a text"),
    word(Both, &["--field-separator"], "of awk and sort", "-d C is the byte between fields"),
    word(Map, &["-f", "--file", "--fields"], "of awk, cut and tail", "--select 1,3 takes fields; run -z INPUT -- awk -f FILE runs a program"),
    word(Both, &["--assign"], "awk's", "run -z INPUT -- awk -v NAME=VALUE '…' runs a program of awk"),
    word(Map, &["-b", "--bytes", "--characters"], "of cut", "a slice takes bytes of a field: --select '0[0:10]'"),
    word(Map, &["--complement", "--only-delimited", "--output-delimiter"], "of cut", "--select names the fields, -o csv or tsv how they are printed"),
    word(Map, &["--reverse"], "sort's", "--sort -FIELD sorts downwards"),
    word(Map, &["-g", "-V", "--general-numeric-sort", "--human-numeric-sort", "--version-sort", "--month-sort"], "sort's", "--sort FIELD takes numbers and times as such already; :size reads 1.5K"),
    word(Map, &["-u"], "sort's", "--unique prints each record once"),
    word(Map, &["-t"], "of sort and gzip", "-d C is the byte between fields; --fn check says whether files are whole"),
    word(Both, &["-S", "--buffer-size"], "sort's and GNU parallel's", "--memory SIZE bounds the memory; fanfold runs on this machine only"),
    word(Both, &["-T", "--temporary-directory"], "sort's", "--tmpdir DIR takes temporary files"),
    word(Both, &["--parallel"], "sort's", "-j N says how many work at a time"),
    word(Both, &["--batch-size"], "sort's", "--arity N says how many outputs each --merge takes"),
    word(Map, &["-D", "--repeated", "--all-repeated"], "of uniq", "--count --having 'count > 1' takes what occurs more than once"),
    word(Map, &["--skip-fields", "--check-chars"], "of uniq", "--select names the fields that are compared"),
    // gzip, zcat
    word(Map, &["--test"], "of gzip", "--fn check says whether files are whole"),
    word(Map, &["-z", "--decompress", "--uncompress", "--stdout"], "of gzip and tar", "files are decompressed already, leave it out"),
    word(Run, &["-f"], "of awk and gzip", "an option of COMMAND stands after '--'"),
    // SQL, Miller, fd, make and others
    word(Map, &["--sum", "--avg", "--mean", "--min", "--max", "--median", "--percentile", "--stddev"], "of other tools", "--agg sum:F,mean:F,min:F,max:F,p50:F makes one row, and --by F a row for each group"),
    word(Map, &["--group-by", "--groupby"], "of other tools", "--by FIELD --agg count,sum:F makes a row for each group"),
    word(Map, &["--order-by", "--orderby", "--sort-by", "--desc", "--descending"], "of other tools", "--sort [-]FIELD orders, downwards with the '-'"),
    word(Map, &["--limit", "--head"], "of other tools", "--first N stops after N records, --top N takes the first N rows of a fold or of --sort"),
    word(Map, &["--tail", "--last"], "of other tools", "--sort -@line --top N takes the last lines of one file"),
    word(Map, &["--filter", "--match", "--search", "--pattern", "--contains"], "of other tools", "--where EXPR tests fields, --grep TEXT and --regex RE the whole line"),
    word(Map, &["--print", "--columns", "--column", "--cols", "--field"], "of other tools", "--select FIELD,… prints fields"),
    word(Map, &["--distinct", "--uniq", "--dedup"], "of other tools", "--unique prints each record once; --agg distinct:F counts different values"),
    word(Map, &["--csv", "--tsv", "--json", "--jsonl", "--ndjson", "--icsv", "--ijson", "--ocsv", "--ojson", "--format"], "of other tools", "-i csv, -i json, … reads a format, and -o csv, -o json, … prints one"),
    word(Map, &["--pretty", "--table", "--markdown"], "of other tools", "-o table and -o md print tables"),
    word(Both, &["--separator", "--sep", "--delim", "--field-delimiter"], "of other tools", "-d C is the byte between fields"),
    word(Map, &["--from", "--to", "--after", "--before", "--start", "--end"], "of other tools", "--since TIME takes records from then on, --until TIME those before"),
    word(Map, &["--check", "--verify"], "of other tools", "--fn check says whether files are whole"),
    word(Map, &["--checksum", "--sha256", "--md5"], "of other tools", "--fn digest prints the SHA-256 of each file"),
    word(Map, &["--count-lines"], "of other tools", "--fn wc counts the lines of each file, --agg count all of them"),
    word(Both, &["--output", "--outfile", "--output-file", "--outdir", "--output-dir"], "of other tools", "> FILE takes all output; --out 'dir/{/}' writes each file's to a file of its own"),
    word(Both, &["--threads", "--workers", "--max-workers", "--max-jobs", "--num-threads", "--cpus", "--processes", "--procs"], "of other tools", "-j N says how many work at a time"),
    word(Both, &["--retry"], "of other tools", "--retries N tries a failed job N more times"),
    word(Both, &["--continue", "--incremental", "--cache", "--skip-existing"], "of other tools", "with --state FILE the same command line again does only what is new, changed or failed"),
    word(Both, &["--fail-fast", "--stop-on-error", "--exit-on-error"], "of other tools", "--halt soon starts nothing more after a failure, --halt now ends what runs"),
    word(Both, &["--keep-going", "--ignore-errors"], "of other tools", "the others go on after a failure already, leave it out; the exit code tells"),
    word(Both, &["--silent"], "of other tools", "-q leaves out notes"),
    word(Run, &["-v", "--debug"], "of other tools", "-t prints each command as it starts"),
    word(Run, &["--exec", "--exec-batch", "--cmd"], "of other tools", "run INPUT -- COMMAND runs a command for each file, with -X for many at once"),
    word(Both, &["--sleep", "--rate", "--rate-limit"], "of other tools", "there is fanfold parallel --delay; -j says how many run at a time"),
    // find
    word(Both, &["-name", "-path", "-iname", "-ipath", "-wholename", "-regex"], "of find", "a quoted pattern takes the files: 'logs/**/*.gz'"),
    word(Both, &["-type", "-maxdepth", "-mindepth", "-mtime", "-mmin", "-newer", "-size", "-perm", "-user", "-empty", "-prune"], "of find", "a directory means every regular file below it; for more: find … -print0 | fanfold run -0"),
    word(Both, &["-exec", "-execdir", "-ok", "-delete"], "of find", "run INPUT -- COMMAND runs a command for each file"),
    word(Both, &["-print0", "-print"], "of find", "find … -print0 | fanfold run -0 -- COMMAND reads such names"),
];
