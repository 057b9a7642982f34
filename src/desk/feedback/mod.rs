//! What people say comes back: as rows to train on, and as figures of how well tickets are dispatched.
//!
//! 1. `corrections` reads a history: which labels people set right, and which hold then.
//! 2. [`export`] writes a row for every complaint whose labels they did set right: in a file that people can review, for
//!    nothing is learned from tickets in any other way.
//! 3. [`DispatchReport`] is the accuracy of first dispatches, who gave tickets back to whom, and where they went to and fro.

mod corrections;
mod dispatch;
mod export;
mod portions;
mod row;

pub use dispatch::{Accuracy, DispatchReport, Dispatches, ToAndFro};
pub use export::{Options, Report, Skipped, export};
