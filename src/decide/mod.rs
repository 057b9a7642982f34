//! Stage 7: dispatch, suggest, or let a person look.

use crate::{
    classify::{Head, Prediction},
    decision::{Band, Verdict},
    policy::Policy,
    prioritize::Urgency,
    taxonomy::Taxonomy,
};

/// The band of a head's best label under the policy.
pub fn band(_policy: &Policy, _head: Head, _prediction: &Prediction) -> Band {
    todo!()
}

/// What to do, and why.
pub fn verdict(
    _policy: &Policy,
    _taxonomy: &Taxonomy,
    _prediction: &Prediction,
    _urgency: Option<&Urgency>,
) -> Verdict {
    todo!()
}
