//! `fanfold completions SHELL` and `fanfold man [COMMAND|TOPIC]`: the files that a package installs beside the
//! program, generated from the grammar that reads the command line, and from the pages of `fanfold help`.
//!
//! It is given the grammar and knows no option of it.

use super::exit_code::ExitCause;
use super::grammar::examples;
use super::list::table;
use super::plain_text::print;
use super::usage_error::UsageError;
use crate::help::{self, Document, TOPICS, Topic};
use crate::message;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use roff::{Roff, roman};

/// What stands at the head and the foot of each page.
const MANUAL: &str = "fanfold manual";
const SOURCE: &str = concat!("fanfold ", env!("CARGO_PKG_VERSION"));

/// The sections of the page about signals that the page of each command repeats.
const REPEATED: [&str; 3] = ["Environment", "Files", "Signals"];

pub(super) fn completions(shell: Shell, mut grammar: Command) -> anyhow::Result<ExitCause> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar, "fanfold", &mut script);
    print(&script)
}

pub(super) fn man(subject: Option<&str>, grammar: Command) -> anyhow::Result<ExitCause> {
    match subject.and_then(help::topic) {
        Some(topic) => print(topic_page(topic).as_bytes()),
        None => print(&command_page(subject, grammar)?),
    }
}

/// Returns the page of a topic, in section 7.
fn topic_page(topic: &Topic) -> String {
    let document = Document::parse(topic.text, table);
    let name = format!("fanfold-{}", topic.name);
    let mut page = Roff::new();
    page.control("TH", [name.as_str(), "7", "", SOURCE, MANUAL]);
    page.control("SH", ["NAME"]);
    page.text([roman(format!("{name} - {}", topic.about))]);
    page.control("SH", ["DESCRIPTION"]);
    document.add_to_man_page(&mut page);
    page.control("SH", ["SEE ALSO"]).text([roman(others(topic.name))]);
    page.render()
}

/// Returns the page of a command, or of fanfold, in section 1.
fn command_page(subcommand: Option<&str>, grammar: Command) -> anyhow::Result<Vec<u8>> {
    let command = described(subcommand, grammar)?;
    let lines = examples(command.get_name()).join("\n");
    let man = Man::new(command.after_help("").after_long_help(""))
        .source(SOURCE)
        .manual(MANUAL);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    let mut rest = Roff::new();
    if !lines.is_empty() {
        rest.control("SH", ["EXAMPLES"]);
        help::preformatted(&mut rest, &lines);
    }
    rest.control("SH", ["EXIT STATUS"]);
    Document::parse(&table("exit codes").unwrap_or_default(), |_| None).add_to_man_page(&mut rest);
    let signals = help::topic("signals").map_or("", |topic| topic.text);
    Document::parse(signals, table)
        .sections(&REPEATED)
        .add_to_man_page(&mut rest);
    rest.control("SH", ["SEE ALSO"]).text([roman(others(""))]);
    page.extend(rest.render().into_bytes());
    Ok(page)
}

/// Returns the names of the other pages.
fn others(own: &str) -> String {
    let topics = TOPICS.iter().map(|topic| topic.name).filter(|name| *name != own);
    let topics = topics.map(|name| format!("fanfold-{name}(7)"));
    let commands = ["fanfold(1)", "fanfold-map(1)", "fanfold-run(1)"].map(str::to_owned);
    commands.into_iter().chain(topics).collect::<Vec<_>>().join(", ")
}

/// Returns the grammar that the page describes. Building the whole grammar first gives the page of a
/// subcommand its name: `fanfold-run`.
fn described(subcommand: Option<&str>, mut grammar: Command) -> Result<Command, UsageError> {
    grammar.build();
    let Some(name) = subcommand else {
        return Ok(grammar);
    };
    grammar.find_subcommand(name).cloned().ok_or_else(|| {
        let commands = grammar.get_subcommands().map(Command::get_name);
        let known: Vec<_> = commands.chain(TOPICS.iter().map(|topic| topic.name)).collect();
        let (name, known) = (message::display_name(name.as_ref()), known.join(", "));
        UsageError(format!("unknown command or page '{name}' (known: {known})"))
    })
}
