//! `GET /v1/policy`

use super::taxonomy::Names;
use crate::{serve::State, taxonomy::Language};
use axum::{Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules that decisions follow.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct PolicyAnswer {
    id: String,
    version: String,
    /// Where the priorities begin, the most urgent first; what is below the last has the least urgent one.
    levels: Vec<Level>,
    /// The score above which a text is so foreign that a person decides.
    out_of_scope: f32,
    /// Every signal that a priority's reason may name.
    signals: Vec<Signal>,
}

/// The points from which a priority begins.
#[derive(Serialize, Deserialize, ToSchema)]
struct Level {
    /// A priority of the taxonomy.
    level: String,
    points: i32,
}

/// A signal of urgency.
#[derive(Serialize, Deserialize, ToSchema)]
struct Signal {
    id: String,
    name: Names,
    /// What it is worth, where that is one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    points: Option<i32>,
}

/// Which rules decisions follow
#[utoipa::path(
    get, path = "/v1/policy", tag = "about",
    responses((status = 200, description = "The policy", body = PolicyAnswer))
)]
pub(super) async fn policy(Shared(state): Shared<State>) -> Json<PolicyAnswer> {
    let (policy, taxonomy) = (state.decide().policy(), state.decide().taxonomy());
    let levels = taxonomy.priorities.iter().zip(&policy.levels);
    let signals = policy.signal_ids(taxonomy).into_iter().map(|id| {
        let name = |language| policy.signal_name(taxonomy, &id, language);
        Signal {
            name: Names { zh: name(Language::Zh), en: name(Language::En) },
            points: policy.signals.iter().find(|signal| signal.id == id).map(|signal| signal.points),
            id,
        }
    });
    Json(PolicyAnswer {
        id: policy.id.clone(),
        version: policy.version.clone(),
        levels: levels.map(|(level, &points)| Level { level: level.label.id.clone(), points }).collect(),
        out_of_scope: policy.out_of_scope(),
        signals: signals.collect(),
    })
}
