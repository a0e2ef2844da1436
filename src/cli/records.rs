//! The options about records and folds, and the plans that they mean.

use crate::fold::{GroupPlan, Shape};
use crate::record::{Condition, Field, Format, FormatChoice, RecordPlan, Text};
use anyhow::{Context, Result, bail};
use clap::Args;
use regex::bytes::Regex;

/// Options about records and folds.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Records and folds")]
pub struct RecordArgs {
    /// How a line is laid out [default: ws]: see `fanfold list`
    #[arg(short = 'i', long, value_name = "FORMAT")]
    input_format: Option<String>,

    /// What separates fields: one byte, or \t
    #[arg(short, long, value_name = "C")]
    delimiter: Option<String>,

    /// Only lines that have TEXT in them (repeat: all must hold)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    grep: Vec<String>,

    /// Only lines that do not have TEXT in them (repeat: all must hold)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    not_grep: Vec<String>,

    /// Only lines in which RE matches (repeat: all must hold)
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    regex: Vec<String>,

    /// Only records of which 'FIELD OP VALUE' holds, OP one of == != < <= > >= ~ !~ in (repeat: all must hold)
    #[arg(
        short = 'w',
        long = "where",
        value_name = "CONDITION",
        allow_hyphen_values = true
    )]
    conditions: Vec<String>,

    /// Emit these fields: a number from 1, -1 from the end, 0 the whole line, a name, @file, @line
    #[arg(short, long, value_name = "FIELD,...", allow_hyphen_values = true)]
    select: Option<String>,

    /// Print each record once, in byte order
    #[arg(long, conflicts_with = "count")]
    unique: bool,

    /// Print how often each record occurs, most first
    #[arg(long)]
    count: bool,

    /// Print the first N rows of the fold's result
    #[arg(long, value_name = "N")]
    top: Option<usize>,

    /// Stop after N records
    #[arg(long, value_name = "N")]
    first: Option<u64>,

    /// How rows are written [default: tsv]
    #[arg(short = 'o', long, value_name = "FORMAT")]
    output_format: Option<String>,
}

/// What the options about records mean.
#[derive(Debug, Clone)]
pub struct RecordsAndFold {
    /// How bytes become records; none when nothing asks for it and bytes pass through.
    pub records: Option<RecordPlan>,
    /// What records are folded into.
    pub fold: Option<GroupPlan>,
}

impl RecordArgs {
    /// The plans that the options mean.
    ///
    /// # Errors
    /// What is wrong with a field, condition, expression, format or their combination.
    pub fn plan(&self) -> Result<RecordsAndFold> {
        let fold = self.fold()?;
        let wanted = fold.is_some() || self.asks_for_records();
        Ok(RecordsAndFold {
            records: Some(self.records()?).filter(|_| wanted),
            fold,
        })
    }

    fn asks_for_records(&self) -> bool {
        self.input_format.is_some()
            || !(self.grep.is_empty() && self.not_grep.is_empty())
            || !(self.regex.is_empty() && self.conditions.is_empty())
            || self.select.is_some()
            || self.first.is_some()
    }

    fn records(&self) -> Result<RecordPlan> {
        let mut plan = RecordPlan::new(Format::choose(&FormatChoice {
            name: self.input_format.as_deref(),
            delimiter: self.delimiter.as_deref(),
        })?);
        let text = |text: &String, wanted| Text {
            text: text.clone().into_bytes(),
            wanted,
        };
        plan.texts.extend(self.grep.iter().map(|t| text(t, true)));
        plan.texts.extend(self.not_grep.iter().map(|t| text(t, false)));
        for regex in &self.regex {
            plan.regexes.push(Regex::new(regex).context("in --regex")?);
        }
        for condition in &self.conditions {
            let mut condition = Condition::parse(condition)?;
            condition.field.source = plan.format.resolve(&condition.field.source)?;
            plan.conditions.push(condition);
        }
        plan.projection = fields(self.select.as_deref())?;
        for field in &mut plan.projection {
            field.source = plan.format.resolve(&field.source)?;
        }
        plan.first = self.first;
        if let Some(name) = &self.output_format {
            if name != "tsv" {
                bail!("unknown output format '{name}' (known: tsv)");
            }
        }
        Ok(plan)
    }

    fn fold(&self) -> Result<Option<GroupPlan>> {
        let shape = match (self.unique, self.count) {
            (true, _) => Shape::Keys,
            (_, true) => Shape::Counted,
            _ if self.top.is_some() => bail!("--top takes the first rows of a fold: add --count or --unique"),
            _ => return Ok(None),
        };
        let keys = fields(self.select.as_deref())?;
        let mut plan = GroupPlan::new(shape, keys.into_iter().map(|key| key.text).collect());
        plan.top = self.top;
        if self.first.is_some() {
            bail!("--first stops early, so a fold's result would depend on chance: use --top");
        }
        Ok(Some(plan))
    }
}

fn fields(list: Option<&str>) -> Result<Vec<Field>> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    list.split(',').map(|field| Field::parse(field.trim())).collect()
}
