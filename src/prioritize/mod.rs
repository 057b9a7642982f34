//! Stage 6: how urgent it is, with the words that show it.

use crate::{Complaint, classify::Prediction, policy::Policy, score::Feeling, segment::Reading, taxonomy::Taxonomy};

/// Points, level and reasons; the level is an index into the taxonomy's priorities.
#[derive(Debug, Clone, PartialEq)]
pub struct Urgency {
    pub level: usize,
    pub points: i32,
    pub reasons: Vec<crate::decision::Reason>,
}

/// Adds up what the policy's signals are worth in this complaint.
pub fn urgency(
    _policy: &Policy,
    _taxonomy: &Taxonomy,
    _complaint: &Complaint,
    _reading: &Reading,
    _prediction: &Prediction,
    _feeling: &Feeling,
) -> Option<Urgency> {
    todo!()
}
