use super::{Recipe, corpus::Example};
use crate::{
    Result,
    classify::{Answer, Head, transformer::HeadLayout, transformer::ops},
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
    /// The teachers' share of a labelled row.
    teachers: f32,
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
        let teachers = recipe.distill.as_ref().map_or(0.0, |distill| distill.weight);
        Losses { layout, groups, recipe: recipe.clone(), teachers, label_weights }
    }

    /// The weighted sum over all heads for a batch; `logits` is `[rows, width]`. Heads of which no row and no teacher says anything, or whose
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
            let labelled = rows.iter().any(|r| r.targets.get(head).is_some() || taught(r, head).is_some());
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
        let one_of = head.answer() == Answer::OneOf;
        let mut targets = vec![0.0f32; rows.len() * width];
        let mut weights = vec![0.0f32; rows.len()];
        for ((row, target), weight) in rows.iter().zip(targets.chunks_exact_mut(width)).zip(&mut weights) {
            match row.targets.get(head) {
                Some(Target::Label(label)) => {
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
            if let Some(taught) = taught(row, head) {
                let said = |said: f32| if head.answer() == Answer::Scalar { (said + 1.0) / 2.0 } else { said };
                let share = if *weight > 0.0 { self.teachers } else { 1.0 };
                for (target, &taught) in target.iter_mut().zip(taught) {
                    *target += share * (said(taught) - *target);
                }
                if *weight == 0.0 {
                    *weight = row.weight;
                }
            }
        }
        Ok(if one_of {
            ops::cross_entropy(logits, targets, weights)?
        } else {
            ops::binary_cross_entropy(logits, targets, weights)?
        })
    }
}

/// What the teachers say of a row, where they say anything.
fn taught(row: &Example, head: Head) -> Option<&[f32]> {
    row.taught.as_ref().map(|taught| taught[head].as_slice()).filter(|taught| !taught.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        classify::Prediction,
        data::Targets,
        segment::Segmenter,
        train::{DistillRecipe, HeadRecipe},
    };
    use candle_core::{Device, Var};

    /// At logits that say what a row teaches there is nothing to learn.
    #[test]
    fn a_row_teaches_its_label_and_its_teachers_in_their_shares() {
        let taxonomy = Taxonomy::retail();
        let mut recipe: Recipe = toml::from_str(
            "name = \"a\"\nseed = 1\ntaxonomy = \"retail-v1\"\n[data]\ntrain = []\ndev = []\n[regularize]\nlabel_smoothing = 0.0",
        )
        .unwrap();
        recipe.heads = Head::ALL
            .into_iter()
            .map(|head| (head, HeadRecipe { weight: f32::from(head == Head::Priority), ..Default::default() }))
            .collect();
        recipe.distill = Some(DistillRecipe { teachers: vec!["t".into()], weight: 0.25, texts: vec![] });
        let mut taught = Prediction::default();
        taught[Head::Priority] = vec![0.2, 0.4, 0.4];
        let mut example = Example {
            reading: Segmenter::new().read("三天没人管").unwrap(),
            pieces: Default::default(),
            targets: Targets::default(),
            taught: Some(taught),
            weight: 1.0,
        };
        let slope = |example: &Example, wanted: [f32; 3]| {
            let layout = HeadLayout::of(&taxonomy);
            let (_, span) = layout.spans().find(|(head, _)| *head == Head::Priority).unwrap();
            let mut logits = vec![0.0; layout.width];
            logits[span.clone()].iter_mut().zip(wanted).for_each(|(z, p)| *z = p.ln());
            let logits = Var::from_vec(logits, (1, layout.width), &Device::Cpu).unwrap();
            let losses = Losses::new(&recipe, &taxonomy, &[]);
            let loss = losses.total(&logits, &[example]).unwrap();
            let grads = loss.backward().unwrap();
            grads.get(&logits).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        let still = |slope: Vec<f32>| slope.iter().all(|slope| slope.abs() < 1e-6);
        assert!(still(slope(&example, [0.2, 0.4, 0.4])), "without a label the teachers are all");
        example.targets.set(Head::Priority, Target::Label(0));
        assert!(still(slope(&example, [0.8, 0.1, 0.1])));
        assert!(!still(slope(&example, [0.2, 0.4, 0.4])));
    }
}
