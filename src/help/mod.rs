//! Pages for people, built into the program: a Markdown file and a row in [`TOPICS`] each.
//!
//! It does not know the command line, nor the tables that a page shows: a page says `<!-- table NAME -->`, and whoever
//! shows the page gives the table.

mod document;
mod man_page;
mod terminal_text;

pub(crate) use document::Document;
pub(crate) use man_page::preformatted;

/// A page.
pub(crate) struct Topic {
    /// What is typed after `fanfold help`.
    pub(crate) name: &'static str,
    /// What it is about, in a line of a list.
    pub(crate) about: &'static str,
    /// The Markdown, with its title as the first line.
    pub(crate) text: &'static str,
}

/// All pages, in the order in which they are listed.
pub(crate) const TOPICS: &[Topic] = &[
    Topic {
        name: "recipes",
        about: "tasks of every day, each with its command",
        text: include_str!("recipes.md"),
    },
    Topic {
        name: "fields",
        about: "what a field is called, and what can be done to it",
        text: include_str!("fields.md"),
    },
    Topic {
        name: "expressions",
        about: "--where and --having: tests, values, and, or, not",
        text: include_str!("expressions.md"),
    },
    Topic {
        name: "times",
        about: "which times are read, and how they are compared and cut",
        text: include_str!("times.md"),
    },
    Topic {
        name: "formats",
        about: "the layouts of lines that are read and written",
        text: include_str!("formats.md"),
    },
    Topic {
        name: "state",
        about: "--state: only what is new, changed or failed",
        text: include_str!("state.md"),
    },
    Topic {
        name: "pool",
        about: "--pool: commands that live as long as the run",
        text: include_str!("pool.md"),
    },
    Topic {
        name: "merge",
        about: "--merge: outputs brought together by a command",
        text: include_str!("merge.md"),
    },
    Topic {
        name: "many-machines",
        about: "a queue on Redis or Valkey, shares of the inputs, and inputs that a command prints",
        text: include_str!("many-machines.md"),
    },
    Topic {
        name: "queue-server",
        about: "for who runs the server of --queue: settings, users, memory, losses",
        text: include_str!("queue-server.md"),
    },
    Topic {
        name: "exit-codes",
        about: "what each exit code means",
        text: include_str!("exit-codes.md"),
    },
    Topic {
        name: "signals",
        about: "signals, variables of the environment, and files",
        text: include_str!("signals.md"),
    },
    Topic {
        name: "cron",
        about: "a nightly job",
        text: include_str!("cron.md"),
    },
    Topic {
        name: "speed",
        about: "how fast it is, beside what, and how that is measured",
        text: include_str!("speed.md"),
    },
    Topic {
        name: "from-xargs",
        about: "what you type with xargs, and with fanfold",
        text: include_str!("from-xargs.md"),
    },
    Topic {
        name: "from-parallel",
        about: "what you type with GNU parallel, and with fanfold",
        text: include_str!("from-parallel.md"),
    },
    Topic {
        name: "from-awk",
        about: "what you type with zcat, awk, sort and uniq, and with fanfold",
        text: include_str!("from-awk.md"),
    },
];

/// Returns the page of this name.
pub(crate) fn topic(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}
