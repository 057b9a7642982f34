//! `GET /v1/taxonomy`

use crate::{
    serve::State,
    taxonomy::{Label, Name, Taxonomy},
};
use axum::{Json, extract::State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The labels that decisions use, in the order of the file.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct TaxonomyAnswer {
    id: String,
    version: String,
    name: Names,
    /// First level of the categories.
    groups: Vec<LabelAnswer>,
    /// Second level: what `category.label` names.
    categories: Vec<CategoryAnswer>,
    departments: Vec<LabelAnswer>,
    /// The most urgent first.
    priorities: Vec<LabelAnswer>,
    emotions: Vec<EmotionAnswer>,
    flags: Vec<LabelAnswer>,
}

/// A name in both languages.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Names {
    pub(super) zh: String,
    pub(super) en: String,
}

/// A label.
#[derive(Serialize, Deserialize, ToSchema)]
struct LabelAnswer {
    id: String,
    name: Names,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Names>,
}

/// A category with its place in the tree.
#[derive(Serialize, Deserialize, ToSchema)]
struct CategoryAnswer {
    #[serde(flatten)]
    label: LabelAnswer,
    /// The first-level group.
    group: Option<String>,
    /// Who acts by default.
    department: Option<String>,
}

/// An emotion with its place on the sentiment scale.
#[derive(Serialize, Deserialize, ToSchema)]
struct EmotionAnswer {
    #[serde(flatten)]
    label: LabelAnswer,
    /// -1 (bad) to 1 (good).
    valence: f32,
}

/// Which labels decisions use
#[utoipa::path(
    get, path = "/v1/taxonomy", tag = "about",
    responses((status = 200, description = "The taxonomy", body = TaxonomyAnswer))
)]
pub(super) async fn taxonomy(Shared(state): Shared<State>) -> Json<TaxonomyAnswer> {
    Json(state.decide().taxonomy().into())
}

impl From<&Name> for Names {
    fn from(name: &Name) -> Self {
        Names { zh: name.zh.clone(), en: name.en.clone() }
    }
}

impl From<&Label> for LabelAnswer {
    fn from(label: &Label) -> Self {
        LabelAnswer {
            id: label.id.clone(),
            name: (&label.name).into(),
            description: label.description.as_ref().map(Into::into),
        }
    }
}

impl From<&Taxonomy> for TaxonomyAnswer {
    fn from(taxonomy: &Taxonomy) -> Self {
        let id = |labels: &[Label], index: Option<usize>| index.map(|i| labels[i].id.clone());
        let categories = taxonomy.categories.iter().map(|category| CategoryAnswer {
            label: (&category.label).into(),
            group: id(&taxonomy.groups, category.group),
            department: id(&taxonomy.departments, category.department),
        });
        let emotions = taxonomy.emotions.iter().map(|e| EmotionAnswer { label: (&e.label).into(), valence: e.valence });
        TaxonomyAnswer {
            id: taxonomy.id.clone(),
            version: taxonomy.version.clone(),
            name: (&taxonomy.name).into(),
            groups: taxonomy.groups.iter().map(Into::into).collect(),
            categories: categories.collect(),
            departments: taxonomy.departments.iter().map(Into::into).collect(),
            priorities: taxonomy.priorities.iter().map(|p| (&p.label).into()).collect(),
            emotions: emotions.collect(),
            flags: taxonomy.flags.iter().map(Into::into).collect(),
        }
    }
}
