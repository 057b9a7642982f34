//! Everything that bears on urgency, as numbers: the signal vector. Urgency is its dot product with the policy's points,
//! so the points can be fitted from labelled complaints.

use super::{stake, words};
use crate::{
    Complaint,
    classify::{Head, Prediction},
    policy::Policy,
    score::Feeling,
    segment::Reading,
    taxonomy::Taxonomy,
};
use std::ops::Range;

/// One entry of the signal vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// What is measured, unique in the vector: `safety`, `amount.1000`, `model.priority.high`, `model.flag.legal` …
    pub name: String,
    /// What a person is told: measures of one kind share it (`amount`, `model.priority`).
    pub signal: String,
    /// 1 for a signal that fired, else 0; a probability or log-odds for the model's heads.
    pub value: f32,
    /// Points a unit of value, from the policy.
    pub weight: f32,
    /// Byte ranges in the original text; empty where nothing in the words shows it.
    pub evidence: Vec<Range<usize>>,
    /// The least urgent level that this allows, an index into the taxonomy's priorities.
    pub floor: Option<usize>,
}

impl Measure {
    fn new(name: String, signal: &str, value: f32, weight: f32) -> Self {
        Measure { name, signal: signal.to_owned(), value, weight, evidence: Vec::new(), floor: None }
    }

    /// What it adds to the urgency, not yet rounded.
    pub fn points(&self) -> f32 {
        self.value * self.weight
    }
}

/// The signal vector of one complaint. Its length and order depend on policy and taxonomy alone; what did not fire, and
/// heads that the bundle lacks, stand in it with value 0.
pub fn measures(
    policy: &Policy,
    taxonomy: &Taxonomy,
    complaint: &Complaint,
    reading: &Reading,
    prediction: &Prediction,
    feeling: &Feeling,
) -> Vec<Measure> {
    let mut measures = of_words(policy, reading);
    measures.extend(of_sums(policy, complaint, reading));
    let tier = complaint.customer.as_ref().and_then(|customer| customer.tier.as_deref()).map(str::to_lowercase);
    for (name, &points) in &policy.tiers {
        let value = f32::from(u8::from(tier.as_deref().map(str::trim) == Some(name)));
        measures.push(Measure::new(format!("tier.{name}"), "tier", value, points as f32));
    }
    measures.extend(of_model(policy, taxonomy, prediction, feeling));
    measures
}

fn of_words(policy: &Policy, reading: &Reading) -> Vec<Measure> {
    let text = reading.text.as_str();
    let spoken = |range: &Range<usize>| {
        let original = reading.text.original_range(range.clone());
        // An emoji that was turned into a word (🔥) is a mood, not a fire.
        let picture = has_words(&text[range.clone()]) && !has_words(&reading.text.original()[original.clone()]);
        (!picture).then_some(original)
    };
    let fired = words::evidence(&policy.signals, text);
    let fired = fired.into_iter().map(|found| found.iter().filter_map(spoken).collect::<Vec<_>>());
    let measured = policy.signals.iter().zip(fired).map(|(signal, found)| Measure {
        name: signal.id.clone(),
        signal: signal.id.clone(),
        value: f32::from(u8::from(!found.is_empty())),
        weight: signal.points as f32,
        floor: signal.floor.filter(|_| !found.is_empty()),
        evidence: found,
    });
    measured.collect()
}

fn of_sums(policy: &Policy, complaint: &Complaint, reading: &Reading) -> Vec<Measure> {
    let rule = &policy.amount;
    let sums = stake::read(rule, reading.text.as_str());
    let order = complaint.order.as_ref().and_then(|order| order.amount);
    let known = [
        ("amount", &rule.at_stake, sums.at_stake.as_ref().map(|sum| sum.yuan), sums.at_stake.as_ref()),
        ("named_amount", &rule.named, sums.named.as_ref().map(|sum| sum.yuan), sums.named.as_ref()),
        ("order_amount", &rule.order, order, None),
    ];
    let mut measures = Vec::new();
    for (signal, steps, yuan, sum) in known {
        let reached = yuan.and_then(|yuan| stake::step(steps, yuan));
        for step in steps {
            let fired = reached == Some(step);
            let name = format!("{signal}.{}", step.from);
            let mut measure = Measure::new(name, signal, f32::from(u8::from(fired)), step.points as f32);
            if let (true, Some(sum)) = (fired, sum) {
                measure.evidence = vec![reading.text.original_range(sum.bytes.clone())];
            }
            measures.push(measure);
        }
    }
    measures
}

fn of_model(policy: &Policy, taxonomy: &Taxonomy, prediction: &Prediction, feeling: &Feeling) -> Vec<Measure> {
    let model = &policy.model;
    let mut measures = Vec::new();
    let mut at_least = 0.0;
    for (index, &weight) in model.priority.iter().enumerate() {
        let value = prediction[Head::Priority].get(index).map_or(0.0, |probability| {
            at_least += probability;
            log_odds(at_least).clamp(-model.limit, model.limit)
        });
        let name = format!("model.priority.{}", taxonomy.priorities[index].label.id);
        measures.push(Measure::new(name, "model.priority", value, weight));
    }
    let heads = [
        ("flag", Head::Flags, &model.flags, taxonomy.flags.iter().map(|f| f.id.as_str()).collect::<Vec<_>>()),
        (
            "category",
            Head::Category,
            &model.categories,
            taxonomy.categories.iter().map(|c| c.label.id.as_str()).collect(),
        ),
        (
            "department",
            Head::Department,
            &model.departments,
            taxonomy.departments.iter().map(|d| d.id.as_str()).collect(),
        ),
    ];
    for (kind, head, weights, ids) in heads {
        for (index, (&weight, id)) in weights.iter().zip(ids).enumerate() {
            let value = prediction[head].get(index).copied().unwrap_or(0.0);
            // The likeliest category is one finding; a flag is one each.
            let signal = if head == Head::Flags { format!("model.{kind}.{id}") } else { format!("model.{kind}") };
            measures.push(Measure::new(format!("model.{kind}.{id}"), &signal, value, weight));
        }
    }
    let top = taxonomy.intensity_levels.saturating_sub(1) as f32;
    let strength = if top > 0.0 { (feeling.intensity / top).clamp(0.0, 1.0) } else { 1.0 };
    for (index, &weight) in model.emotions.iter().enumerate() {
        let value = prediction[Head::Emotion].get(index).map_or(0.0, |probability| probability * strength);
        let id = &taxonomy.emotions[index].label.id;
        measures.push(Measure::new(format!("model.emotion.{id}"), "model.emotion", value, weight));
    }
    measures
}

fn has_words(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

/// The logit of a probability, finite at both ends.
fn log_odds(probability: f32) -> f32 {
    let inside = probability.clamp(1e-6, 1.0 - 1e-6);
    (inside / (1.0 - inside)).ln()
}
