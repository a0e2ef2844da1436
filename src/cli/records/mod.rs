//! The options about records and folds, and the plans made from them.
//!
//! It does not know which input the records come from.

mod fold_options;
mod list;

use super::canonical_args::CanonicalArgs;
use super::usage_error::UsageError;
use crate::fold::{self, GroupPlan, RecordFoldPlan, StartFold};
use crate::memory::Budget;
use crate::plan::{FirstRows, RowEnd};
use crate::record::{
    Case, CsvQuoting, Expression, Format, FormatChoice, OnBadLine, Pattern, RecordPlan, RowFormat, Text,
    TimePlan, Window,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;

/// The options about records and folds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records and folds")]
pub(super) struct RecordArgs {
    /// The layout of a line, see `fanfold list` [default: ws]
    #[arg(short = 'i', long, value_name = "FORMAT")]
    input_format: Option<String>,

    /// The byte that separates fields; \t is a tab
    #[arg(short, long, value_name = "C")]
    delimiter: Option<String>,

    /// Take the first record of csv or tsv as data, not as a header: fields are numbers
    #[arg(long)]
    no_header: bool,

    /// Take the groups of RE as fields, by name or number, and drop lines that RE does not match
    #[arg(short = 'x', long, value_name = "RE", allow_hyphen_values = true)]
    extract: Option<String>,

    /// Read lines as this log_format of nginx or LogFormat of Apache writes them; fields have clf's names (host, status, …), and else those of the variables
    #[arg(long, value_name = "STRING", allow_hyphen_values = true)]
    log_format: Option<String>,

    /// Read the JSON object that begins where RE's first match in a line ends, as in logs of containers
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    json_after: Option<String>,

    /// Begin a record at each line that RE matches: other lines belong to the record before, and those before the first are bad. In --regex and --extract, (?s) lets a dot match a newline
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    record_start: Option<String>,

    /// What to do with lines that the format can't read: skip them, fail the job, or keep them in a file; skipped lines are counted when they have the text that --where == asks for, where its field would have it [default: skip]
    #[arg(long, value_name = "skip|fail|file=F")]
    bad: Option<String>,

    /// Take only lines that contain TEXT (repeatable: all must hold)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    grep: Vec<String>,

    /// Take only lines that do not contain TEXT (repeatable: all must hold)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    not_grep: Vec<String>,

    /// Take only lines that RE matches (repeatable: all must hold)
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    regex: Vec<String>,

    /// Take only lines that RE does not match (repeatable: none must match)
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    not_regex: Vec<String>,

    /// Let letters of different case be the same for --grep, --not-grep, --regex, --not-regex, ~ and !~, by Unicode's simple folding, as ripgrep does
    #[arg(long)]
    ignore_case: bool,

    /// Take only records for which EXPR holds: tests FIELD OP VALUE (OP one of == != < <= > >= ~ !~), FIELD in A,B,…, FIELD not in A,B,…, FIELD exists, joined by and, or, not and brackets; a VALUE may be quoted (repeatable: all must hold)
    #[arg(short = 'w', long = "where", value_name = "EXPR", allow_hyphen_values = true)]
    filters: Vec<String>,

    /// Take only records of TIME or later, by the format's time field (clf; json and logfmt: time, ts, timestamp, @timestamp or __REALTIME_TIMESTAMP): a date, a time of any form, now, today, yesterday, -2h, '3d ago'. Files that were written last before it are not opened
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,

    /// Take only records before TIME, as for --since
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,

    /// The zone of times that are written without one, and in which epochs are shown: an IANA name, an offset such as +02:00, or local [default: UTC]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    tz: Option<String>,

    /// Read times as FORMAT describes them, in the language of strptime: '%d.%m.%Y %H:%M:%S' (repeatable: the first that fits)
    #[arg(long, value_name = "FORMAT", allow_hyphen_values = true)]
    time_format: Vec<String>,

    /// Emit these fields: a number from 1, -1 for the last, 0 for the whole line, a name, a dotted JSON path, @file or @line, * for all fields, each with an optional :noquery, :lower, :minute, :hour, :day, :hod or byte slice [a:b] after it
    #[allow(rustdoc::broken_intra_doc_links, reason = "[a:b] is no link")]
    #[arg(short, long, value_name = "FIELD,...", allow_hyphen_values = true)]
    select: Option<String>,

    /// Print each record once, in byte order
    #[arg(long, conflicts_with = "count")]
    unique: bool,

    /// Print how often each record occurs, the most frequent first
    #[arg(long)]
    count: bool,

    /// Group records by these fields: a row of keys and aggregates for each group, in key order
    #[arg(long, value_name = "FIELD,...", allow_hyphen_values = true, conflicts_with_all = ["unique", "count", "select"])]
    by: Option<String>,

    /// What to compute for each group (without --by, for all records): count, count:(EXPR), sum:FIELD, mean:, stddev:, min:, max:, pNN:, distinct: [default with --by: count]
    #[arg(long, value_name = "LIST", conflicts_with_all = ["unique", "count", "select"])]
    agg: Option<String>,

    #[command(flatten)]
    pub(super) rows: RowArgs,

    /// Stop after N records (without a fold or --sort)
    #[arg(long, value_name = "N")]
    first: Option<u64>,
}

/// The order of rows, which of them are printed, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records and folds")]
pub(super) struct RowArgs {
    /// Sort a fold's rows by COLUMN, named as it was typed, or records by FIELD: numbers before times, other text, and missing values; with a leading '-', the largest of each first. Ties stay in the order of the fold or the input
    #[arg(long, value_name = "[-]COLUMN|FIELD", allow_hyphen_values = true)]
    sort: Option<String>,

    /// Take only rows of the fold for which EXPR holds, as for --where, with columns for fields (repeatable: all must hold)
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    having: Vec<String>,

    /// Print only the first N rows of the fold, or N records of --sort; with --by and no --sort, those with the largest first aggregate
    #[arg(long, value_name = "N")]
    top: Option<usize>,

    /// The format of printed rows: tsv, csv, json, table or md [default: tsv]. From JSON to json, values and the keys of folds keep their kinds: 404, "404" and null are told apart, and a missing value has no name in its row
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output_format: Option<String>,

    /// Print the names of the columns before the rows, or don't [default: yes for csv, table and md, no for tsv]
    #[arg(long, value_name = "yes|no", value_parser = ["yes", "no"])]
    header: Option<String>,
}

/// The form of partial folds.
const PLAIN_FORMAT: &[u8] = b"2";

/// The form of partial folds in which keys have JSON's kinds.
const MARKED_FORMAT: &[u8] = b"2, with the kinds of keys";

/// What becomes of the bytes of a job: records, and a fold of them.
#[derive(Debug, Clone)]
pub(super) struct RecordsAndFold {
    /// How bytes become records. `None` when no option asks for it and bytes pass through.
    pub(super) records: Option<RecordPlan>,
    /// What records are folded into. `None` when they are printed.
    pub(super) fold: Option<FoldPlan>,
}

/// What records are folded into.
#[derive(Debug, Clone)]
pub(super) enum FoldPlan {
    /// Groups of records.
    Group(GroupPlan),
    /// The records themselves.
    Records(RecordFoldPlan),
}

impl RecordsAndFold {
    /// Returns how many rows are wanted, if `--first` limits them.
    pub(super) fn wanted(&self) -> Option<FirstRows> {
        let records = self.records.as_ref()?;
        let end = match (&records.format, records.output) {
            (_, RowFormat::Csv) => RowEnd::Csv(b','),
            (
                &Format::Csv {
                    delimiter, quoting, ..
                },
                RowFormat::Tsv,
            ) if quoting == CsvQuoting::Quotes && records.projection.is_empty() => RowEnd::Csv(delimiter),
            _ => RowEnd::Newline,
        };
        records.first.map(|rows| FirstRows { rows, end })
    }

    /// Returns the version of the form in which states and saved folds keep partial folds.
    pub(super) fn fold_format(&self) -> &'static [u8] {
        match &self.fold {
            Some(FoldPlan::Group(plan)) if plan.marked => MARKED_FORMAT,
            _ => PLAIN_FORMAT,
        }
    }

    /// Makes the fold keep JSON's kinds of its keys, if it can have such. What is stored or saved keeps them whatever it
    /// is printed as, which may be typed anew.
    pub(super) fn keep_kinds(&mut self) {
        if let (Some(records), Some(FoldPlan::Group(plan))) = (&mut self.records, &mut self.fold)
            && !plan.whole
            && !plan.keys.is_empty()
            && records.has_json_kinds()
        {
            (records.marks_kinds, plan.marked) = (true, true);
        }
    }

    /// Takes folds that were saved in this form.
    pub(super) fn take_format(&mut self, format: &[u8]) {
        if let Some(FoldPlan::Group(plan)) = &mut self.fold {
            plan.marked = format == MARKED_FORMAT;
        }
    }

    /// Returns what makes the workers' folds, which take memory from `budget` and spill to `tmpdir`.
    pub(super) fn start_fold<'a>(
        &'a self,
        budget: &'a Budget,
        tmpdir: &'a Path,
    ) -> Option<Box<StartFold<'a>>> {
        match self.fold.as_ref()? {
            FoldPlan::Group(plan) => Some(Box::new(move || fold::start(plan, budget, tmpdir))),
            FoldPlan::Records(plan) => Some(Box::new(move || fold::start_records(plan, budget, tmpdir))),
        }
    }
}

impl RowArgs {
    /// Takes what `typed` has in place of its own.
    pub(super) fn replace_by(&mut self, typed: &RowArgs) {
        let replace = |mine: &mut Option<String>, typed: &Option<String>| {
            if typed.is_some() {
                mine.clone_from(typed);
            }
        };
        replace(&mut self.sort, &typed.sort);
        replace(&mut self.output_format, &typed.output_format);
        replace(&mut self.header, &typed.header);
        if !typed.having.is_empty() {
            self.having.clone_from(&typed.having);
        }
        self.top = typed.top.or(self.top);
    }
}

impl RecordArgs {
    pub(super) fn plan(&self) -> Result<RecordsAndFold, UsageError> {
        let plans = self.records_and_fold();
        plans.map_err(|error| UsageError(format!("{error:#}")))
    }

    fn records_and_fold(&self) -> Result<RecordsAndFold> {
        let mut records = self.records()?;
        let group = self.fold(&mut records)?;
        check_json_names(&records, group.as_ref())?;
        let fold = match group {
            Some(group) => Some(FoldPlan::Group(group)),
            None => self.record_fold(&mut records)?.map(FoldPlan::Records),
        };
        for field in &mut records.projection {
            *field = records.format.resolve(field.clone())?;
        }
        if !matches!(fold, Some(FoldPlan::Group(_)))
            && records.header
            && records.projection.is_empty()
            && records.output == RowFormat::Tsv
        {
            bail!("--header applies to columns, and lines pass through as they are: add --select");
        }
        let wanted = fold.is_some() || self.first.is_some() || !self.record_key(false).is_empty();
        let keeps_kinds = records.output == RowFormat::Json;
        let mut stages = RecordsAndFold {
            records: Some(records).filter(|_| wanted),
            fold,
        };
        if keeps_kinds {
            stages.keep_kinds();
        }
        Ok(stages)
    }

    /// Returns what a state keeps of the options: which records a job gives, and what they are folded into.
    /// How a fold's rows are sorted, limited and written is left out, as it does not change what a job gives.
    pub(super) fn key(&self) -> [(&'static str, Vec<u8>); 2] {
        let fold = self.fold_words(CanonicalArgs::default());
        let folded = !fold.text().is_empty();
        [("record options", self.record_key(folded)), ("fold", fold.text())]
    }

    /// Returns the options that make a fold as words of a command line, with those about its rows.
    pub(super) fn words(&self) -> Vec<OsString> {
        let words = self.fold_words(self.record_words(true));
        words
            .values("--sort", &self.rows.sort)
            .values("--having", &self.rows.having)
            .values("--top", self.rows.top.map(|top| top.to_string()))
            .values("--output-format", &self.rows.output_format)
            .values("--header", &self.rows.header)
            .into_words()
    }

    /// Does as [`RecordArgs::words`]; the values of these options are text.
    pub(super) fn text_words(&self) -> Vec<String> {
        let words = self.words().into_iter();
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    fn fold_words(&self, words: CanonicalArgs) -> CanonicalArgs {
        words
            .flag("--unique", self.unique)
            .flag("--count", self.count)
            .values("--by", &self.by)
            .values("--agg", &self.agg)
    }

    fn record_key(&self, folded: bool) -> Vec<u8> {
        self.record_words(folded).text()
    }

    fn record_words(&self, folded: bool) -> CanonicalArgs {
        CanonicalArgs::default()
            .values("--input-format", &self.input_format)
            .values("--delimiter", &self.delimiter)
            .flag("--no-header", self.no_header)
            .values("--extract", &self.extract)
            .values("--log-format", &self.log_format)
            .values("--json-after", &self.json_after)
            .values("--record-start", &self.record_start)
            .values("--bad", &self.bad)
            .values("--grep", &self.grep)
            .values("--not-grep", &self.not_grep)
            .values("--regex", &self.regex)
            .values("--since", &self.since)
            .values("--until", &self.until)
            .values("--tz", self.tz.as_deref().map(TimePlan::zone_name))
            .values("--time-format", &self.time_format)
            .values("--not-regex", &self.not_regex)
            .flag("--ignore-case", self.ignore_case)
            .values("--where", &self.filters)
            .values("--select", &self.select)
            .values(
                "--output-format",
                self.rows.output_format.as_ref().filter(|_| !folded),
            )
            .values("--header", self.rows.header.as_ref().filter(|_| !folded))
    }

    fn records(&self) -> Result<RecordPlan> {
        let mut plan = RecordPlan::new(Format::choose(&FormatChoice {
            name: self.input_format.as_deref(),
            delimiter: self.delimiter.as_deref(),
            no_header: self.no_header,
            extract: self.extract.as_deref(),
            log_format: self.log_format.as_deref(),
            json_after: self.json_after.as_deref(),
        })?);
        if let Some(zone) = &self.tz {
            plan.times.set_zone(zone).context("in --tz")?;
        }
        for form in &self.time_format {
            plan.times.add_form(form)?;
        }
        let text = |text: &String, wanted| Text {
            text: text.clone().into_bytes(),
            wanted,
        };
        if self.ignore_case {
            plan.case = Case::Ignored;
            for (texts, wanted) in [(&self.grep, true), (&self.not_grep, false)] {
                for text in texts {
                    plan.regexes
                        .push((Pattern::new(&regex::escape(text), plan.case)?, wanted));
                }
            }
        } else {
            plan.texts.extend(self.grep.iter().map(|t| text(t, true)));
            plan.texts.extend(self.not_grep.iter().map(|t| text(t, false)));
        }
        for regex in &self.regex {
            let pattern = Pattern::new(regex, plan.case).context("in --regex")?;
            plan.regexes.push((pattern, true));
        }
        for regex in &self.not_regex {
            let pattern = Pattern::new(regex, plan.case).context("in --not-regex")?;
            plan.regexes.push((pattern, false));
        }
        let filters = self.filters.iter().map(|text| plan.expression(text));
        let filters: Vec<_> = filters.collect::<Result<_, _>>()?;
        plan.is_relative = filters.iter().any(Expression::is_relative);
        plan.filter = Expression::all(filters);
        let (since, until) = (self.since.as_deref(), self.until.as_deref());
        if let Some(window) = Window::parse(since, until, &plan.times)? {
            plan.is_relative |= window.is_relative;
            plan.set_window(window)?;
        }
        plan.projection = list::fields(self.select.as_deref(), &plan.format)?;
        plan.first = self.first;
        if let Some(start) = &self.record_start {
            if matches!(plan.format, Format::Csv { .. } | Format::W3c | Format::Auto) {
                bail!(
                    "--record-start does not apply to format '{}', whose records have an end of their own",
                    plan.format.name()
                );
            }
            plan.record_start = Some(Pattern::new(start, plan.case).context("in --record-start")?);
        }
        if let Some(bad) = &self.bad {
            plan.on_bad_line = OnBadLine::parse(bad)?;
        }
        if let Some(name) = &self.rows.output_format {
            plan.output = RowFormat::parse(name)?;
        }
        plan.header = plan.output.has_header();
        if let Some(header) = &self.rows.header {
            if plan.output == RowFormat::Json {
                bail!("--header does not apply to -o json: each object has the names");
            }
            plan.header = header == "yes";
        }
        Ok(plan)
    }
}

/// Refuses rows that would be JSON objects with the same name twice.
fn check_json_names(records: &RecordPlan, fold: Option<&GroupPlan>) -> Result<()> {
    if records.output != RowFormat::Json {
        return Ok(());
    }
    let columns = fold.map_or_else(|| records.columns(), GroupPlan::columns);
    let mut before = HashSet::new();
    match columns.into_iter().find(|column| !before.insert(*column)) {
        Some(column) => bail!("column '{column}' occurs twice: a JSON object has each name once"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
