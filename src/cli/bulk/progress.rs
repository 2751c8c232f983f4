//! Reports the progress of a bulk run.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use crate::cli::{Problem, Streams};
use crate::report::style::{Marks, Style};

use super::{Tally, is_wanted};

/// The interval between two progress lines if there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// The progress of a run: a bar on a terminal, else a line every 5 seconds.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    /// The time when the next line is due; `None` if no lines are wanted.
    next: std::cell::Cell<Option<Instant>>,
    began: Option<Instant>,
}

impl Progress {
    /// Starts to show progress towards this number of domains.
    pub(super) fn new(total: usize, is_terminal: bool, style: &Style) -> Self {
        let wanted = is_wanted(style, total);
        let bar = (wanted && is_terminal).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let look = ProgressStyle::with_template("{bar:30} {pos} of {len} domains, {per_sec}, {eta} left");
            let look = look.unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.with_style(match style.marks {
                Marks::Unicode => look,
                Marks::Ascii => look.progress_chars("#>-"),
            })
        });
        let began = (wanted && !is_terminal).then(Instant::now);
        Self { bar, next: std::cell::Cell::new(began.map(|began| began + EVERY)), began }
    }

    /// Sets the number of domains that are done.
    pub(super) fn step(&self, done: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
    }

    /// Runs `write` while the bar is hidden, so that its output appears above the bar.
    pub(super) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Completes when a line is due.
    pub(super) async fn due(&self) {
        match self.next.get() {
            Some(next) => tokio::time::sleep_until(next).await,
            None => std::future::pending().await,
        }
    }

    /// Writes a progress line.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn tell(&self, tally: &Tally, streams: &mut Streams<'_>) -> Result<(), Problem> {
        self.next.set(Some(Instant::now() + EVERY));
        let seconds = self.began.map_or(0.0, |began| began.elapsed().as_secs_f64());
        let (done, total) = (tally.checked, tally.total - tally.earlier);
        #[allow(clippy::cast_precision_loss, reason = "a rate for a person")]
        let rate = done as f64 / seconds.max(0.001);
        #[allow(clippy::cast_precision_loss, reason = "a rate for a person")]
        let left = match done {
            0 => String::new(),
            _ => format!(", about {:.0} s left", (total - done) as f64 / rate),
        };
        writeln!(streams.err, "note: {done} of {total} domains, {rate:.1} a second{left}")?;
        Ok(())
    }

    /// Removes the bar.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
