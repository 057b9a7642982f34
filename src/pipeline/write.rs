//! From what was found to the JSON that goes out.

use super::{Finding, Pipeline};
use crate::{
    Complaint, Decision,
    classify::{Head, Prediction},
    decide,
    decision::{Candidate, Choice, Emotion, Priority},
    taxonomy::Language,
};

/// How many alternatives a decision shows beside the chosen label.
const ALTERNATIVES: usize = 3;

impl Pipeline {
    pub(super) fn write(&self, complaint: &Complaint, finding: &Finding) -> Decision {
        let (taxonomy, prediction, foreign) = (&self.taxonomy, &finding.prediction, finding.out_of_scope);
        let language = complaint.answer_in.unwrap_or(self.language);
        let category = self.choice(Head::Category, prediction, foreign, language);
        let department = self.choice(Head::Department, prediction, foreign, language);
        let chosen = prediction.best(Head::Category).map(|(i, _)| i);
        let mut secondary = self.told(Head::Secondary, prediction);
        secondary.retain(|candidate| chosen.is_none_or(|i| taxonomy.categories[i].label.id != candidate.label));
        let priority = finding.urgency.as_ref().map(|urgency| {
            let level = &taxonomy.priorities[urgency.level].label;
            let (points, reasons) = (urgency.points, urgency.reasons.clone());
            Priority { level: level.id.clone(), name: level.name.get(language).to_owned(), points, reasons }
        });
        let emotion = finding.feeling.emotion.map(|index| {
            let label = &taxonomy.emotions[index].label;
            let named = taxonomy.emotions.iter().zip(&prediction[Head::Emotion]);
            let probabilities = named.map(|(e, &p)| (e.label.id.clone(), rounded(p))).collect();
            let intensity = rounded(finding.feeling.intensity);
            Emotion { label: label.id.clone(), name: label.name.get(language).to_owned(), intensity, probabilities }
        });
        Decision {
            id: complaint.id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string()),
            category,
            secondary,
            department,
            priority,
            emotion,
            sentiment: finding.feeling.sentiment.map(rounded),
            flags: self.told(Head::Flags, prediction),
            decision: self.verdict(finding, foreign, language),
            out_of_scope: foreign.map(rounded),
            foreign: decide::outside(&self.policy, foreign),
            masked_text: finding.reading.text.masked(),
            explanation: None,
            receipt: None,
            versions: self.versions.clone(),
        }
    }

    /// The display names of a label from the top level down; none for a head whose labels are numbers.
    pub(super) fn name(&self, head: Head, label: usize, language: Language) -> Vec<String> {
        let taxonomy = &self.taxonomy;
        let name = match head {
            Head::Category | Head::Secondary => return taxonomy.category_path(label, language),
            Head::Department => &taxonomy.departments[label].name,
            Head::Priority => &taxonomy.priorities[label].label.name,
            Head::Emotion => &taxonomy.emotions[label].label.name,
            Head::Flags => &taxonomy.flags[label].name,
            Head::Intensity | Head::Sentiment => return Vec::new(),
        };
        vec![name.get(language).to_owned()]
    }

    fn choice(
        &self,
        head: Head,
        prediction: &Prediction,
        out_of_scope: Option<f32>,
        language: Language,
    ) -> Option<Choice> {
        let (best, probability) = prediction.best(head)?;
        let label = |i: usize| crate::data::labels(&self.taxonomy, head).nth(i).unwrap_or_default().to_owned();
        let mut order: Vec<usize> = (0..prediction[head].len()).filter(|&i| i != best).collect();
        order.sort_by(|&a, &b| prediction[head][b].total_cmp(&prediction[head][a]));
        let candidate = |i: usize| Candidate { label: label(i), probability: rounded(prediction[head][i]) };
        let least = self.bands.heads.get(&head).map(|bands| bands.candidate);
        let candidates = least.map(|least| {
            let rest = order.iter().copied().take_while(|&i| prediction[head][i] >= least);
            std::iter::once(best).chain(rest).map(label).collect()
        });
        Some(Choice {
            label: label(best),
            name: self.name(head, best, language),
            probability: rounded(probability),
            band: decide::band(&self.policy, head, prediction, out_of_scope),
            alternatives: order.iter().copied().take(ALTERNATIVES).map(candidate).collect(),
            candidates,
        })
    }

    /// The labels of an any-of head that are likely enough to be told, likeliest first.
    fn told(&self, head: Head, prediction: &Prediction) -> Vec<Candidate> {
        let named = crate::data::labels(&self.taxonomy, head).zip(&prediction[head]);
        let least = self.bands.told_from(head);
        let told = named.filter(|(_, p)| **p >= least);
        let mut told: Vec<Candidate> =
            told.map(|(label, &p)| Candidate { label: label.to_owned(), probability: rounded(p) }).collect();
        told.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        told
    }
}

/// Four digits: more would promise more than a calibrated probability holds.
pub(super) fn rounded(value: f32) -> f32 {
    (value * 1e4).round() / 1e4
}
