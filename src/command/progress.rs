//! The bar of a command that reads a file.

use crate::batch::Progress;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// A bar, or a hidden one.
pub(super) fn bar(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left")
        .expect("the template is well-formed");
    ProgressBar::new(0).with_style(style)
}

/// Shows how far it is.
pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.length);
    bar.set_position(progress.read);
    let a_second = progress.rows as f64 / bar.elapsed().as_secs_f64().max(0.001);
    bar.set_message(format!("{} rows, {a_second:.0} a second", HumanCount(progress.rows as u64)));
}
