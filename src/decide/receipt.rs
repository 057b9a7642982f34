//! A receipt: everything that made a decision, without the words it was made about, so that it can be repeated and compared.

use crate::{
    Complaint,
    classify::{Head, Prediction, Which, transformer::Precision},
    decision::{Action, Band, Decision, Versions},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What stands behind one decision. Holds no word of the complaint: only its hash, and where in it the evidence lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The decision's id.
    pub id: String,
    /// SHA-256 of the complaint without its id: of its JSON as `fenzhen::Complaint` writes it (`complaint_hash`).
    pub complaint: String,
    /// Which numerical code answered: the same kernel gives the same bits.
    pub kernel: String,
    pub model: Which,
    /// Calibrated, in the order of the taxonomy's labels, with every digit.
    pub probabilities: BTreeMap<Head, Vec<f32>>,
    pub category: Option<Chosen>,
    pub department: Option<Chosen>,
    pub emotion: Option<String>,
    pub priority: Option<Level>,
    pub action: Action,
    /// How foreign the text looked, with every digit; absent where the bundle cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_scope: Option<f32>,
    pub versions: Versions,
}

/// The label that a head chose, and how far it is trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiptChoice)]
pub struct Chosen {
    pub label: String,
    pub band: Band,
}

/// The priority and the rules that fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiptLevel)]
pub struct Level {
    pub level: String,
    pub points: i32,
    pub rules: Vec<Rule>,
}

/// A rule that fired: its signal, what it was worth, and where its evidence stands in the original text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiptRule)]
pub struct Rule {
    pub signal: String,
    pub points: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(usize, usize)>,
}

/// Something that is not what it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// `category`, `department`, `emotion`, `priority`, `action`, `out_of_scope`, a version, a rule's signal, or a head's `probabilities`.
    pub what: String,
    pub before: String,
    pub after: String,
}

impl Receipt {
    /// `precision` is the transformer's, if one answered.
    pub fn new(
        complaint: &Complaint,
        prediction: &Prediction,
        out_of_scope: Option<f32>,
        decision: &Decision,
        model: Which,
        precision: Option<Precision>,
    ) -> Self {
        let chosen = |choice: &Option<crate::decision::Choice>| {
            choice.as_ref().map(|choice| Chosen { label: choice.label.clone(), band: choice.band })
        };
        let heads = Head::ALL.into_iter().filter(|head| !prediction[*head].is_empty());
        Receipt {
            id: decision.id.clone(),
            complaint: complaint_hash(complaint),
            kernel: kernel(precision),
            model,
            probabilities: heads.map(|head| (head, prediction[head].clone())).collect(),
            category: chosen(&decision.category),
            department: chosen(&decision.department),
            emotion: decision.emotion.as_ref().map(|emotion| emotion.label.clone()),
            priority: decision.priority.as_ref().map(|priority| Level {
                level: priority.level.clone(),
                points: priority.points,
                rules: priority
                    .reasons
                    .iter()
                    .map(|reason| Rule { signal: reason.signal.clone(), points: reason.points, span: reason.span })
                    .collect(),
            }),
            action: decision.decision.action,
            out_of_scope,
            versions: decision.versions.clone(),
        }
    }

    /// Whether both say the same, bit for bit.
    pub fn same(&self, other: &Receipt) -> bool {
        self.kernel == other.kernel && self.changes(other).is_empty()
    }

    /// What another receipt of the same complaint says otherwise, the decision first, then what led to it.
    pub fn changes(&self, other: &Receipt) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut compare = |what: &str, before: String, after: String| {
            if before != after {
                changes.push(Change { what: what.to_owned(), before, after });
            }
        };
        let label = |chosen: &Option<Chosen>| chosen.as_ref().map_or_else(|| "-".into(), |c| c.label.clone());
        let band = |chosen: &Option<Chosen>| chosen.as_ref().map_or_else(|| "-".into(), |c| told(&c.band));
        let level = |level: &Option<Level>| level.as_ref().map_or_else(|| "-".into(), |l| l.level.clone());
        let none = || "-".to_owned();
        compare("action", told(&self.action), told(&other.action));
        compare("category", label(&self.category), label(&other.category));
        compare("department", label(&self.department), label(&other.department));
        compare("priority", level(&self.priority), level(&other.priority));
        compare("emotion", self.emotion.clone().unwrap_or_else(none), other.emotion.clone().unwrap_or_else(none));
        compare("category.band", band(&self.category), band(&other.category));
        compare("department.band", band(&self.department), band(&other.department));
        let foreign = |score: Option<f32>| score.map_or_else(none, |score| score.to_string());
        compare("out_of_scope", foreign(self.out_of_scope), foreign(other.out_of_scope));
        let (mine, others) = (points(&self.priority), points(&other.priority));
        for signal in mine.keys().chain(others.keys().filter(|signal| !mine.contains_key(*signal))) {
            let of = |rules: &BTreeMap<&str, i32>| rules.get(signal).map_or_else(none, |points| format!("{points:+}"));
            compare(&format!("rule {signal}"), of(&mine), of(&others));
        }
        for head in Head::ALL {
            let (before, after) = (self.probabilities.get(&head), other.probabilities.get(&head));
            if before != after {
                let of = |values: Option<&Vec<f32>>| values.map_or_else(none, |v| format!("{:.6}", largest(v)));
                changes.push(Change {
                    what: format!("probabilities {}", head.name()),
                    before: of(before),
                    after: of(after),
                });
            }
        }
        let mut compare = |what: &str, before: &str, after: &str| {
            if before != after {
                let (before, after) = (before.to_owned(), after.to_owned());
                changes.push(Change { what: format!("version of the {what}"), before, after });
            }
        };
        let (a, b) = (&self.versions, &other.versions);
        compare("engine", &a.engine, &b.engine);
        compare("bundle", &a.bundle, &b.bundle);
        compare("taxonomy", &a.taxonomy, &b.taxonomy);
        compare("policy", &a.policy, &b.policy);
        compare("kernel", &self.kernel, &other.kernel);
        changes
    }
}

/// SHA-256, in hexadecimal, of the complaint as JSON without its id: what was known when it was decided.
///
/// ```
/// use fenzhen::{Complaint, decide::complaint_hash};
/// let named = Complaint { id: Some("7".into()), ..Complaint::of("快递三天没动静") };
/// assert_eq!(complaint_hash(&named), complaint_hash(&Complaint::of("快递三天没动静")));
/// assert_ne!(complaint_hash(&named), complaint_hash(&Complaint::of("快递三天没动静！")));
/// ```
pub fn complaint_hash(complaint: &Complaint) -> String {
    let known = Complaint { id: None, ..complaint.clone() };
    // Field order is that of the struct, so the bytes are always the same.
    let bytes = serde_json::to_vec(&known).expect("strings and finite numbers are always JSON");
    crate::bundle::hex(&Sha256::digest(&bytes))
}

/// The numerical code that answered. Products of bytes are the same whole numbers on every machine, and what surrounds them
/// depends only on whether products and sums are fused; in f32 the order of the sums follows the width of the vectors.
fn kernel(precision: Option<Precision>) -> String {
    let numbers = precision.unwrap_or(Precision::F32);
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        let wide = numbers == Precision::F32 && std::arch::is_x86_feature_detected!("avx512f");
        return format!("{} {}", numbers.name(), if wide { "avx512" } else { "avx2" });
    }
    format!("{} {}", numbers.name(), std::env::consts::ARCH)
}

fn points(level: &Option<Level>) -> BTreeMap<&str, i32> {
    let mut points = BTreeMap::new();
    for rule in level.iter().flat_map(|level| &level.rules) {
        *points.entry(rule.signal.as_str()).or_default() += rule.points;
    }
    points
}

fn largest(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn told(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            id: "1".into(),
            complaint: complaint_hash(&Complaint::of("快递三天没动静")),
            kernel: "f32 avx2".into(),
            model: Which::Both,
            probabilities: [(Head::Priority, vec![0.1, 0.7, 0.2])].into(),
            category: Some(Chosen { label: "delivery.late".into(), band: Band::Auto }),
            department: Some(Chosen { label: "logistics".into(), band: Band::Auto }),
            emotion: Some("anger".into()),
            priority: Some(Level {
                level: "medium".into(),
                points: 12,
                rules: vec![Rule { signal: "repeat".into(), points: 12, span: Some((0, 9)) }],
            }),
            action: Action::Dispatch,
            out_of_scope: Some(0.25),
            versions: Versions {
                engine: "e".into(),
                bundle: "retail@1".into(),
                taxonomy: "t".into(),
                policy: "p@1".into(),
            },
        }
    }

    #[test]
    fn a_receipt_is_the_same_after_a_trip_through_json_to_the_last_bit() {
        let mut receipt = receipt();
        receipt.probabilities.insert(Head::Emotion, vec![0.1 + 0.2, 1.0 / 3.0, f32::MIN_POSITIVE]);
        let text = serde_json::to_string(&receipt).unwrap();
        let back: Receipt = serde_json::from_str(&text).unwrap();
        assert!(receipt.same(&back), "{:?}", receipt.changes(&back));
        assert!(!text.contains("快递"));
    }

    #[test]
    fn every_difference_is_named() {
        let before = receipt();
        let mut after = receipt();
        after.versions.policy = "p@2".into();
        after.priority = Some(Level { level: "high".into(), points: 30, rules: vec![] });
        after.action = Action::Suggest;
        after.probabilities.insert(Head::Priority, vec![0.1, 0.700_000_1, 0.2]);
        let changes = before.changes(&after);
        let told: Vec<_> = changes.iter().map(|c| format!("{}: {} -> {}", c.what, c.before, c.after)).collect();
        assert_eq!(
            told,
            [
                "action: dispatch -> suggest",
                "priority: medium -> high",
                "rule repeat: +12 -> -",
                "probabilities priority: 0.700000 -> 0.700000",
                "version of the policy: p@1 -> p@2",
            ]
        );
        assert!(!before.same(&after));
    }
}
