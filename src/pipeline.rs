//! Where the stages meet, and the only place: server, command line, batch and evaluation all come through here.

use crate::{
    Complaint, Decision, Result,
    classify::{Head, Prediction},
    policy::Policy,
    prioritize::Urgency,
    score::Feeling,
    segment::Reading,
    taxonomy::Taxonomy,
};
use std::{path::Path, time::Duration};

/// Everything needed to decide: taxonomy, policy, models. Made once, shared by all threads.
pub struct Pipeline {
    pub taxonomy: Taxonomy,
    pub policy: Policy,
}

/// Where the time of one call went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Cleaning, masking, segmenting and cutting into pieces.
    pub tokenise: Duration,
    /// The models.
    pub infer: Duration,
    /// Everything.
    pub total: Duration,
}

/// What the stages found out about one complaint, before it is written down as a [`Decision`].
pub struct Finding {
    pub reading: Reading,
    pub prediction: Prediction,
    pub feeling: Feeling,
    pub urgency: Option<Urgency>,
}

impl Pipeline {
    /// Opens a bundle, with the policy of a file or the built-in one that fits the bundle's taxonomy.
    pub fn open(_bundle: &Path, _policy: Option<&Path>) -> Result<Self> {
        todo!()
    }

    /// Decides about one complaint.
    pub fn decide(&self, complaint: &Complaint) -> Result<Decision> {
        self.decide_all(std::slice::from_ref(complaint)).0.pop().expect("one complaint in, one result out")
    }

    /// Decides about many: one result a complaint, in order; one that cannot be read does not harm the others.
    pub fn decide_all(&self, _complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings) {
        todo!()
    }

    /// The same before it is written down, for evaluation.
    pub fn find_all(&self, _complaints: &[Complaint]) -> Vec<Result<Finding>> {
        todo!()
    }

    /// Which heads the bundle answers.
    pub fn heads(&self) -> Vec<Head> {
        Head::ALL.into_iter().filter(|h| h.width(&self.taxonomy) > 0).collect()
    }
}
