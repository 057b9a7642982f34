use super::{Recipe, corpus::Example};
use crate::{
    Result,
    classify::{Head, transformer::HeadLayout, transformer::ops},
    data::Target,
    taxonomy::Taxonomy,
};
use candle_core::Tensor;
use std::collections::BTreeMap;

/// The losses of all heads and how they add up.
pub struct Losses {
    layout: HeadLayout,
    /// Group of every leaf category, if all have one.
    groups: Option<Vec<usize>>,
    recipe: Recipe,
    /// Weight of each label of a one-of head.
    label_weights: BTreeMap<Head, Vec<f32>>,
}

impl Losses {
    /// Label weights come from the counts of the training rows.
    pub fn new(recipe: &Recipe, taxonomy: &Taxonomy, rows: &[Example]) -> Self {
        let layout = HeadLayout::of(taxonomy);
        let mut label_weights = BTreeMap::new();
        for (head, span) in layout.spans() {
            let balance = recipe.head(head).balance;
            let mut counts = vec![0.0f32; span.len()];
            rows.iter().filter_map(|r| r.targets.label(head)).for_each(|label| counts[label] += 1.0);
            let mean = counts.iter().sum::<f32>() / counts.len() as f32;
            let weigh = |count: &f32| if *count > 0.0 { (mean / count).powf(balance) } else { 1.0 };
            label_weights.insert(head, counts.iter().map(weigh).collect());
        }
        let groups: Option<Vec<usize>> = taxonomy.categories.iter().map(|c| c.group).collect();
        Losses { layout, groups, recipe: recipe.clone(), label_weights }
    }

    /// The weighted sum over all heads for a batch; `logits` is `[rows, width]`. Heads that no row has a label for, or whose
    /// weight is zero, take no part.
    pub fn total(&self, logits: &Tensor, rows: &[&Example]) -> Result<Tensor> {
        let mut total: Option<Tensor> = None;
        let mut add = |loss: Tensor, weight: f32| -> Result<()> {
            let loss = (loss * weight as f64)?;
            total = Some(match total.take() {
                Some(sum) => (sum + loss)?,
                None => loss,
            });
            Ok(())
        };
        for (head, span) in self.layout.spans() {
            let recipe = self.recipe.head(head);
            let labelled = rows.iter().any(|r| r.targets.get(head).is_some());
            if !labelled || (recipe.weight == 0.0 && recipe.group_weight == 0.0) {
                continue;
            }
            let part = logits.narrow(1, span.start, span.len())?.contiguous()?;
            if recipe.weight > 0.0 {
                add(self.head(head, span.len(), &part, rows)?, recipe.weight)?;
            }
            if let (Head::Category, Some(groups)) = (head, &self.groups)
                && recipe.group_weight > 0.0
            {
                let labels: Vec<Option<usize>> = rows.iter().map(|r| r.targets.label(head)).collect();
                let targets = labels.iter().map(|l| l.map_or(0, |label| groups[label])).collect();
                let weights = rows.iter().zip(&labels).map(|(r, l)| if l.is_some() { r.weight } else { 0.0 }).collect();
                add(ops::group_cross_entropy(&part, groups.clone(), targets, weights)?, recipe.group_weight)?;
            }
        }
        match total {
            Some(total) => Ok(total),
            // A batch without any label teaches nothing; the graph still needs a root.
            None => Ok((logits.sum_all()? * 0.0)?),
        }
    }

    fn head(&self, head: Head, width: usize, logits: &Tensor, rows: &[&Example]) -> Result<Tensor> {
        let smooth = self.recipe.regularize.label_smoothing;
        let mut targets = vec![0.0f32; rows.len() * width];
        let mut weights = vec![0.0f32; rows.len()];
        let mut one_of = false;
        for ((row, target), weight) in rows.iter().zip(targets.chunks_exact_mut(width)).zip(&mut weights) {
            match row.targets.get(head) {
                Some(Target::Label(label)) => {
                    one_of = true;
                    target.fill(smooth / width as f32);
                    target[*label] += 1.0 - smooth;
                    *weight = row.weight * self.label_weights[&head][*label];
                }
                Some(Target::Labels(labels)) => {
                    labels.iter().for_each(|&label| target[label] = 1.0);
                    *weight = row.weight;
                }
                Some(Target::Value(value)) => {
                    target[0] = (value + 1.0) / 2.0;
                    *weight = row.weight;
                }
                None => {}
            }
        }
        Ok(if one_of {
            ops::cross_entropy(logits, targets, weights)?
        } else {
            ops::binary_cross_entropy(logits, targets, weights)?
        })
    }
}
