//! The decisions about records, made before any thread starts: plain data.

use super::expression::Expression;
use super::field::{Field, FieldSource};
use super::format::Format;
use super::modifier::Modifier;
use super::notes::NoteKind;
use super::pattern::{Case, Pattern};
use super::plan_error::RecordPlanError;
use super::render::header;
use super::row_format::RowFormat;
use super::suggest::unknown;
use super::time::TimePlan;
use super::window::Window;
use std::path::PathBuf;

/// The most bytes of a record of several lines: what comes of a stray quote, or of an expression that matches once and never
/// again.
pub(super) const LONGEST_RECORD: usize = 64 << 20;

/// What such records may have however small the memory budget is.
const SHORTEST_BOUND: usize = 1 << 20;

/// Says how bytes become records, which records remain, and which fields of each go on.
#[derive(Debug, Clone)]
pub struct RecordPlan {
    /// The layout of a record in bytes.
    pub format: Format,
    /// What times in text leave open. It comes before the expressions, which are parsed by it.
    pub times: TimePlan,
    /// Texts that the line must, or must not, contain.
    pub texts: Vec<Text>,
    /// Regular expressions, each with whether it must match somewhere in the line, or must not.
    pub regexes: Vec<(Pattern, bool)>,
    /// Whether letters of different case are the same to the expressions that [`RecordPlan::expression`] parses.
    pub(crate) case: Case,
    /// What must hold of a record. Its subjects are indexes of [`RecordPlan::tested`].
    pub filter: Option<Expression>,
    /// The fields that expressions test, each once.
    pub tested: Vec<Field>,
    /// The fields that go on; empty for the whole line, unchanged.
    pub projection: Vec<Field>,
    /// The indexes of fields of the projection that the sink takes as numbers or times, and what it is that the
    /// values are not which it leaves out: [`super::RecordSink::misfits`] says which.
    pub expected: Vec<(usize, NoteKind)>,
    /// How many of the last of these an aggregate takes; the others are keys, or selected.
    pub aggregated: usize,
    /// The window of time that the records are in, by the format's own time: a file that was written last before it
    /// begins has none.
    pub window: Option<Window>,
    /// The indexes of the time fields among [`RecordPlan::tested`], of which a record has one in the window.
    pub(super) window_fields: Vec<usize>,
    /// Whether the filter depends on when the program was started.
    pub is_relative: bool,
    /// The format of printed rows when there is no fold.
    pub output: RowFormat,
    /// True when the names of the columns precede the rows.
    pub header: bool,
    /// Matches the lines at which records begin; `None` when each line is one.
    pub record_start: Option<Pattern>,
    /// True when a record goes on as its pairs of names and values.
    pub pairs: bool,
    /// True when the mark of its kind stands behind each key, so that JSON's kinds are told apart.
    pub marks_kinds: bool,
    /// The field by which the sink sorts records, which goes before their pairs.
    pub sort: Option<Field>,
    /// Expressions of which [`FieldSource::Holds`] says whether they hold.
    pub expressions: Vec<Expression>,
    /// What happens to lines that the format cannot read.
    pub on_bad_line: OnBadLine,
    /// The largest number of rows, over all inputs in their order.
    pub first: Option<u64>,
    /// The most bytes of a record that may have several lines, all of which are held: one of CSV, or of `--record-start`.
    pub longest_record: usize,
}

/// A text that a line must, or must not, contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The bytes to look for.
    pub text: Vec<u8>,
    /// True for `--grep`, false for `--not-grep`.
    pub wanted: bool,
}

/// What happens to lines that the format cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnBadLine {
    /// They are counted and left out.
    Skip,
    /// The first such line fails its job.
    Fail,
    /// They are counted, left out, and written to this file.
    Keep(PathBuf),
}

impl OnBadLine {
    /// Parses `skip`, `fail` or `file=F`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<OnBadLine, RecordPlanError> {
        match (text, text.strip_prefix("file=")) {
            ("skip", _) => Ok(OnBadLine::Skip),
            ("fail", _) => Ok(OnBadLine::Fail),
            (_, Some(file)) if !file.is_empty() => Ok(OnBadLine::Keep(file.into())),
            _ => Err(unknown("policy for bad lines", text, &["skip", "fail", "file=F"])),
        }
    }
}

impl RecordPlan {
    /// Parses an expression over fields of the format.
    ///
    /// # Errors
    /// When the text is no expression, or the format has no such field.
    pub fn expression(&mut self, text: &str) -> Result<Expression, RecordPlanError> {
        let case = self.case;
        let RecordPlan {
            format,
            times,
            tested,
            ..
        } = self;
        Expression::parse(text, format.lone_quote(), times, case, &mut |name| {
            let field = format.resolve(Field::parse(name)?)?;
            let known = tested.iter().position(|other| *other == field);
            Ok(known.unwrap_or_else(|| {
                tested.push(field);
                tested.len() - 1
            }))
        })
    }

    /// Takes only records inside of this window, beside what the filter asks for. In files of several formats, the
    /// time field is that of each.
    ///
    /// # Errors
    /// When the format has no time field of its own.
    pub fn set_window(&mut self, window: Window) -> Result<(), RecordPlanError> {
        if !matches!(self.format, Format::Auto) {
            let (keys, text) = window.expression(&self.format)?;
            let expression = self.expression(&text)?;
            for key in keys {
                let field = self.format.resolve(Field::parse(key)?)?;
                let known = self.tested.iter().position(|other| *other == field);
                self.window_fields.extend(known);
            }
            self.filter = Expression::all(self.filter.take().into_iter().chain([expression]).collect());
        }
        self.window = Some(window);
        Ok(())
    }

    /// Returns whether reading a record may mean to read a time, which may depend on when its file was written.
    pub(crate) fn reads_times(&self) -> bool {
        let has_modifiers = |field: &Field| !field.modifiers.is_empty();
        let mut shown = self.projection.iter().chain(&self.sort);
        self.window.is_some() || !self.tested.is_empty() || shown.any(has_modifiers)
    }

    /// Takes note that the sink leaves out values of this field of the projection. Of several kinds of notes
    /// about one field, the last stays, which says more.
    pub fn expect(&mut self, column: usize, note: NoteKind) {
        match self.expected.iter_mut().find(|(known, _)| *known == column) {
            Some((_, known)) => *known = note.max(*known),
            None => self.expected.push((column, note)),
        }
    }

    /// Returns the field as an aggregate or a sort takes it that orders times: with what only its file tells. Times in
    /// words have no such thing, nor have those of clf.
    pub fn in_order(&self, mut field: Field) -> Field {
        let is_told = matches!(self.format, Format::Ws | Format::Delimited(_) | Format::Clf);
        if !is_told || !self.times.is_default() {
            field.modifiers.push(Modifier::Stamp);
        }
        field
    }

    /// Returns true when a key may be of one of JSON's kinds.
    pub fn has_json_kinds(&self) -> bool {
        let is_json = |modifier: &Modifier| modifier.expected() == Some(NoteKind::NoJson);
        let keys = &self.projection[..self.projection.len() - self.aggregated];
        self.format.has_json_kinds()
            || matches!(self.format, Format::Auto)
            || keys.iter().any(|field| field.modifiers.iter().any(is_json))
    }

    /// Returns true when no filter can remove a record.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.texts.is_empty() && self.regexes.is_empty() && self.filter.is_none()
    }

    /// Returns the plan for files of this format.
    ///
    /// # Errors
    /// When the format has no such field.
    pub(super) fn with_format(&self, format: &Format) -> Result<RecordPlan, RecordPlanError> {
        let mut plan = self.clone();
        plan.format = format.clone();
        // All fields are those that this format has, where it knows them.
        let all = |field: &Field| field.source == FieldSource::All;
        if let Some(at) = plan.projection.iter().position(all) {
            plan.projection.splice(at..=at, format.all_fields());
        }
        let fields = plan.tested.iter_mut().chain(&mut plan.projection);
        for field in fields.chain(&mut plan.sort) {
            *field = format.resolve(field.clone())?;
        }
        if let Some(window) = plan.window.take() {
            plan.set_window(window)?;
        }
        Ok(plan)
    }

    /// Returns true when some lines or records can be bad.
    pub(super) fn has_bad_lines(&self) -> bool {
        self.format.has_bad_lines() || self.record_start.is_some()
    }

    /// Returns true when an input may be split at line ends into jobs of their own: not when a record may
    /// span lines, when the first lines name the fields, or when line numbers matter.
    pub(crate) fn is_splittable(&self) -> bool {
        let fields = self.tested.iter().chain(&self.projection).chain(&self.sort);
        !matches!(self.format, Format::Csv { .. } | Format::W3c | Format::Auto)
            && self.record_start.is_none()
            && self.on_bad_line != OnBadLine::Fail
            && fields.into_iter().all(|field| field.source != FieldSource::Line)
    }

    /// Returns true when the names of inputs matter.
    pub(crate) fn asks_file(&self) -> bool {
        let fields = self.tested.iter().chain(&self.projection).chain(&self.sort);
        fields.into_iter().any(|field| field.source == FieldSource::File)
    }

    /// Returns the header that is printed once before all rows when there is no fold; empty when there is none.
    pub(crate) fn heading(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.header {
            header(&mut out, self.output, &self.columns());
        }
        out
    }

    /// Returns the column names of a row.
    pub(crate) fn columns(&self) -> Vec<&str> {
        match &self.projection[..] {
            [] => vec!["line"],
            fields => fields.iter().map(|field| field.text.as_str()).collect(),
        }
    }

    /// Has records of several lines take no more than a small part of the memory budget, in bytes: each worker holds one, up
    /// to twice as it is written and up to twice as it is read.
    pub fn bound_records(&mut self, memory: u64) {
        let share = usize::try_from(memory / 32).unwrap_or(LONGEST_RECORD);
        self.longest_record = share.clamp(SHORTEST_BOUND, LONGEST_RECORD);
    }

    /// Builds the plan that lets all lines through unchanged.
    pub fn new(format: Format) -> RecordPlan {
        RecordPlan {
            format,
            times: TimePlan::default(),
            texts: Vec::new(),
            regexes: Vec::new(),
            case: Case::Sensitive,
            filter: None,
            tested: Vec::new(),
            projection: Vec::new(),
            window: None,
            window_fields: Vec::new(),
            is_relative: false,
            aggregated: 0,
            expected: Vec::new(),
            output: RowFormat::default(),
            header: false,
            record_start: None,
            pairs: false,
            marks_kinds: false,
            sort: None,
            expressions: Vec::new(),
            on_bad_line: OnBadLine::Skip,
            first: None,
            longest_record: LONGEST_RECORD,
        }
    }
}
