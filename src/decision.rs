//! A decision: what goes out. The JSON of `/v1/classify`.

use crate::{classify::Head, decide::Receipt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How far a prediction may be trusted, by the policy's thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Band {
    /// Sure enough to act on without a person.
    Auto,
    /// A person confirms.
    Suggest,
    /// A person decides.
    Review,
}

/// What to do with the complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Send it to the department.
    Dispatch,
    /// Propose the department; a person confirms.
    Suggest,
    /// A person should look.
    Review,
}

/// One label with its calibrated probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    pub label: String,
    pub probability: f32,
}

/// The chosen label of a head, the runners-up, and how far to trust it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Choice {
    pub label: String,
    /// Display names from the top level down.
    pub name: Vec<String>,
    pub probability: f32,
    pub band: Band,
    pub alternatives: Vec<Candidate>,
    /// The labels that together hold the right one in nine of ten cases, likeliest first, where the bundle was calibrated so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<String>>,
}

/// Why the priority is what it is: a signal, the words that show it, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    pub signal: String,
    /// A slice of the original text; absent where the signal is not in the words (an amount, a tier, a probability).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Byte offsets of the evidence in the original text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<(usize, usize)>,
    pub points: i32,
}

/// How urgent it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Priority {
    pub level: String,
    pub name: String,
    pub points: i32,
    pub reasons: Vec<Reason>,
}

/// How the customer feels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Emotion {
    pub label: String,
    pub name: String,
    /// 0 (none) to 3 (extreme).
    pub intensity: f32,
    pub probabilities: BTreeMap<String, f32>,
}

/// What to do, and why, in one sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    pub action: Action,
    pub reason: String,
}

/// Which words drove the answers, proved by deleting them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    pub heads: Vec<HeadExplanation>,
    /// The most similar of the labelled complaints that the bundle keeps, the most alike first; empty where it keeps none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<SimilarComplaint>,
    /// How many words were tried; 16 at most.
    pub candidates: usize,
    /// How often the models were asked, each time about many texts at once.
    pub model_calls: usize,
}

/// Why a head chose its label. For the priority that is the model's own opinion, which is one of the signals of the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HeadExplanation {
    pub head: Head,
    pub label: String,
    /// Display names from the top level down.
    pub name: Vec<String>,
    pub probability: f32,
    /// The words without which the label is less likely, strongest first; five at most.
    pub words: Vec<DrivingWord>,
    /// How much of the probability goes when all of these words are deleted.
    pub comprehensiveness: f32,
    /// How much of the probability goes when everything else is deleted; below 0 where the label becomes likelier.
    pub sufficiency: f32,
}

/// A labelled complaint that is like the one explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimilarComplaint {
    /// Masked.
    pub text: String,
    /// -1 to 1: the cosine of what the model makes of both.
    pub similarity: f32,
    /// What people said of it.
    pub labels: Vec<GivenLabel>,
}

/// A label that a person gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GivenLabel {
    pub head: Head,
    pub label: String,
    /// Display names from the top level down.
    pub name: Vec<String>,
}

/// A word that made a label likelier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DrivingWord {
    /// A slice of the original text; a placeholder where that is personal data.
    pub text: String,
    /// Byte offsets in the original text.
    pub span: (usize, usize),
    /// How much of the probability goes when this word alone is deleted.
    pub drop: f32,
}

/// What made the decision, so that it can be explained and repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    pub engine: String,
    pub bundle: String,
    pub taxonomy: String,
    pub policy: String,
}

/// Everything that Fenzhen has to say about one complaint. Parts that the bundle's taxonomy does not have are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Choice>,
    #[serde(default)]
    pub secondary: Vec<Candidate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotion: Option<Emotion>,
    /// -1 (bad) to 1 (good).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<f32>,
    /// What is said besides: safety, refund, repeat …, with probabilities.
    #[serde(default)]
    pub flags: Vec<Candidate>,
    pub decision: Verdict,
    /// How foreign the text looks, 0 to 1: the share of the complaints which the bundle was calibrated on that look less so.
    /// Absent where the bundle cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_scope: Option<f32>,
    /// Whether that is so much that the labels above mean little, by the policy's line: left out where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub foreign: bool,
    /// The text with personal data masked.
    pub masked_text: String,
    /// Which words drove it; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
    /// What `fenzhen replay` needs to repeat it; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Box<Receipt>>,
    pub versions: Versions,
}
