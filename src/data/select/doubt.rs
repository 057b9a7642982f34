//! How unsure a model is of a text.

use crate::{
    classify::{Head, Prediction},
    data::label_ids,
    taxonomy::Taxonomy,
};
use serde::Serialize;

/// The two likeliest labels of a head.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    pub head: Head,
    pub first: String,
    pub first_probability: f32,
    pub second: String,
    pub second_probability: f32,
    /// Entropy of all probabilities as a share of the highest possible.
    pub entropy: f32,
}

/// How unsure a model is, over some heads.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Doubt {
    /// The mean over the heads of (1 - margin + entropy) / 2: 0 where it is sure, 1 where every label is as likely. (Margin
    /// and entropy sampling: Settles, "Active Learning Literature Survey", 2009.)
    pub uncertainty: f32,
    pub heads: Vec<Asked>,
}

impl Doubt {
    /// Of calibrated probabilities; heads with fewer than two labels are passed over.
    pub fn of(prediction: &Prediction, heads: &[Head], taxonomy: &Taxonomy) -> Self {
        let mut doubt = Doubt::default();
        for &head in heads {
            let p = &prediction[head];
            if p.len() < 2 {
                continue;
            }
            let mut order: Vec<usize> = (0..p.len()).collect();
            order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
            let nats: f32 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            let entropy = (nats / (p.len() as f32).ln()).clamp(0.0, 1.0);
            let ids = label_ids(taxonomy, head);
            doubt.uncertainty += (1.0 - (p[order[0]] - p[order[1]]) + entropy) / 2.0;
            doubt.heads.push(Asked {
                head,
                first: ids[order[0]].clone(),
                first_probability: p[order[0]],
                second: ids[order[1]].clone(),
                second_probability: p[order[1]],
                entropy,
            });
        }
        doubt.uncertainty /= doubt.heads.len().max(1) as f32;
        doubt
    }
}
