//! Answers over HTTP: `app(state)` is the whole service, one endpoint a file. Model work runs on the workers of
//! [`batcher`], behind a bounded queue; [`problem`] is the one place where errors become HTTP.

pub mod batcher;
mod body;
mod caller;
mod endpoints;
mod front;
mod in_time;
pub mod listen;
mod metrics;
mod multipart;
mod observe;
mod pages;
pub mod problem;
mod query;
mod queue;
mod refused;
pub mod settings;
mod share;
mod state;

pub use batcher::Decide;
pub use caller::{Peer, RequestId};
pub use endpoints::{app, openapi};
pub use front::Front;
pub use settings::Settings;
pub use state::State;
