//! Fenzhen 分诊 reads Chinese customer complaints and decides what they are, how urgent they are, how the customer feels
//! and who must act.
//!
//! The folders are the stages, in the order in which a complaint travels:
//!
//! 1. [`text`] cleans the raw message, finds personal data and keeps a map back to the original.
//! 2. [`segment`] cuts it into words with jieba and a dictionary of complaint terms.
//! 3. [`encode`] turns it into pieces for the transformer and counts for the linear model.
//! 4. [`classify`] gives calibrated probabilities for every head: category, department, priority, emotion and so on.
//! 5. [`scope`] says how foreign the text looks: an advertisement, news, another language.
//! 6. [`score`] says how the customer feels: sentiment, emotion, intensity.
//! 7. [`prioritize`] adds up the signals of urgency and names the words that are the evidence.
//! 8. [`decide`] holds the probabilities against the policy's bands: dispatch, suggest, or let a person look.
//! 9. [`explain`] says, where that is asked for, which words drove the answers, proves it by deleting them, and shows the most
//!    similar of the labelled complaints that the bundle keeps.
//!
//! [`pipeline`] is the only place where the stages meet; the server, the batch command and the evaluation all call it, so
//! what was trained and measured is what is served. Around it stand [`taxonomy`] (the labels), [`policy`] (the rules) and
//! [`bundle`] (a trained model in a folder): three versioned things that are never mixed. [`data`] reads labelled rows,
//! [`train`] learns from them, [`evaluate`] measures; [`batch`] scores files, [`serve`] answers over HTTP and [`command`]
//! is the command line. [`desk`] is the complaint desk that decisions drive.

pub mod batch;
pub mod bundle;
pub mod classify;
pub mod command;
pub mod complaint;
pub mod data;
pub mod decide;
pub mod decision;
pub mod desk;
pub mod encode;
pub mod error;
pub mod evaluate;
pub mod explain;
mod located;
pub mod pipeline;
pub mod policy;
pub mod prioritize;
pub mod request;
pub mod scope;
pub mod score;
pub mod segment;
pub mod serve;
pub mod taxonomy;
pub mod text;
pub mod train;

pub use complaint::Complaint;
pub use decision::Decision;
pub use desk::Desk;
pub use error::{Error, Result};
pub use pipeline::Pipeline;

/// The engine's version, as it appears in every decision.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");
