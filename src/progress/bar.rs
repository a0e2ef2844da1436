//! The bar: the numbers in a line, and below them the jobs that run longest.
//!
//! indicatif lays the lines out. It does not know where they are drawn, nor what the numbers mean.

use super::screen;
use crate::sys;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The steps of the bar.
const STEPS: u64 = 1000;
/// On a terminal with fewer columns nothing is shown: there is no room for a number, and indicatif can't do with none.
const NARROWEST: u16 = 20;
/// What is taken for the size of a terminal that does not say it.
const SIZE: (u16, u16) = (80, 24);

/// The bar. When it is dropped, nothing of it is left on the terminal.
pub(crate) struct Bar {
    bar: ProgressBar,
    canvas: Canvas,
}

impl Bar {
    pub(super) fn new() -> Self {
        let canvas = Canvas(Arc::new(Mutex::new((NARROWEST, None))));
        let target = ProgressDrawTarget::term_like(Box::new(canvas.clone()));
        Bar {
            bar: ProgressBar::with_draw_target(Some(STEPS), target),
            canvas,
        }
    }

    /// Has both lines seen: how far the run is, in the width that the terminal has now, and what runs.
    pub(super) fn show(&self, share: Option<f64>, text: &str, longest: &str) {
        let (columns, rows) = sys::stderr_size().unwrap_or(SIZE);
        if columns < NARROWEST {
            return screen::show(Vec::new());
        }
        // In the last column, a cursor stands on one line or on the next, as terminals differ.
        let width = columns - 1;
        let template = match width {
            _ if share.is_none() => "{wide_msg}",
            0..90 => "{wide_msg}",
            90..120 => "[{bar:10}] {wide_msg}",
            _ => "[{bar:24}] {wide_msg}",
        };
        let mut lines = Vec::new();
        let position = (share.unwrap_or(0.0) * STEPS as f64) as u64;
        lines.extend(self.lay_out(width, template, position, text));
        if rows > 2 && !longest.is_empty() {
            lines.extend(self.lay_out(width, "{wide_msg}", position, longest));
        }
        screen::show(lines);
    }

    /// Returns a line of at most this width.
    fn lay_out(&self, width: u16, template: &str, position: u64, text: &str) -> Option<String> {
        self.canvas.clear(width);
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        self.bar.set_style(style.progress_chars("=> "));
        self.bar.set_position(position);
        self.bar.set_message(text.to_owned());
        // Each step above may have laid out a line of old and new together.
        self.canvas.clear(width);
        self.bar.force_draw();
        self.canvas.line()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        screen::show(Vec::new());
    }
}

/// What indicatif takes for a terminal: its width, and the line that was written last.
#[derive(Debug, Clone)]
struct Canvas(Arc<Mutex<(u16, Option<String>)>>);

impl Canvas {
    fn with<T>(&self, act: impl FnOnce(&mut (u16, Option<String>)) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn clear(&self, width: u16) {
        self.with(|canvas| *canvas = (width, None));
    }

    fn line(&self) -> Option<String> {
        self.with(|canvas| canvas.1.take())
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        self.with(|canvas| canvas.0)
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        // Blanks fill a line that was written before.
        let text = text.trim_end();
        if !text.is_empty() {
            self.with(|canvas| canvas.1 = Some(text.to_owned()));
        }
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_width_of_the_terminal_at_most() {
        let bar = Bar::new();
        let text = "50%, \u{e9}\u{6f22}\u{5b57} of many names";
        let line = |width, template| bar.lay_out(width, template, 500, text).expect("a line");
        assert_eq!(line(60, "[{bar:10}] {wide_msg}"), format!("[=====>    ] {text}"));
        for width in 20..40 {
            let line = line(width, "{wide_msg}");
            assert!(
                text.starts_with(&line) && line.chars().count() + 2 <= usize::from(width),
                "{line}"
            );
        }
    }
}
