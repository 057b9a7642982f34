//! What a recipe may say.

use super::Recipe;
use crate::classify::Head;

impl Recipe {
    /// The first thing in it that cannot be, as a sentence.
    pub(super) fn check(&self) -> std::result::Result<(), String> {
        let share = |name: &str, value: f32| {
            if (0.0..1.0).contains(&value) { Ok(()) } else { Err(format!("{name} is {value}; it lies in [0, 1)")) }
        };
        share("data.calibration", self.data.calibration)?;
        share("regularize.dropout", self.regularize.dropout)?;
        share("regularize.attention_dropout", self.regularize.attention_dropout)?;
        share("regularize.head_dropout", self.regularize.head_dropout)?;
        share("regularize.label_smoothing", self.regularize.label_smoothing)?;
        share("regularize.mask_pieces", self.regularize.mask_pieces)?;
        share("regularize.perturb", self.regularize.perturb)?;
        share("regularize.average", self.regularize.average)?;
        share("optimizer.warmup", self.optimizer.warmup as f32)?;
        if self.name.is_empty() || !self.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("name is {:?}; letters, digits and - make a bundle's name", self.name));
        }
        if self.data.train.is_empty() {
            return Err("data.train names no file".into());
        }
        if let Some(torn) = self.data.train.iter().find(|source| source.teaches_only && source.held_out) {
            return Err(format!("{} is to teach only and to be held out; leave one of them away", torn.path.display()));
        }
        if !(self.rounds.share > 0.0 && self.rounds.share <= 1.0) {
            return Err(format!("rounds.share is {}; it lies in (0, 1]", self.rounds.share));
        }
        if self.rounds.batch == 0 || self.rounds.epochs == 0 {
            return Err("rounds.batch and rounds.epochs are at least 1".into());
        }
        if self.rounds.metric != "mean" && !Head::ALL.iter().any(|h| h.name() == self.rounds.metric) {
            return Err(format!("rounds.metric is {:?}; use \"mean\" or the name of a head", self.rounds.metric));
        }
        if let Some(distill) = &self.distill {
            if self.encoder.is_none() {
                return Err("distill teaches the transformer, and there is no [encoder]".into());
            }
            if distill.teachers.is_empty() {
                return Err("distill.teachers names no folder".into());
            }
            if !(distill.weight > 0.0 && distill.weight <= 1.0) {
                return Err(format!("distill.weight is {}; it lies in (0, 1]", distill.weight));
            }
        }
        if let Some(masked) = &self.masked_language {
            if self.encoder.is_none() {
                return Err("masked_language teaches the encoder, and there is no [encoder]".into());
            }
            if !(masked.weight > 0.0 && masked.weight.is_finite()) {
                return Err(format!("masked_language.weight is {}; it is above 0", masked.weight));
            }
            if !(masked.share > 0.0 && masked.share < 1.0) {
                return Err(format!("masked_language.share is {}; it lies in (0, 1)", masked.share));
            }
            if self.regularize.mask_pieces > 0.0 {
                return Err("regularize.mask_pieces and masked_language both hide pieces; leave one of them out".into());
            }
        }
        let o = &self.optimizer;
        if !(o.learning_rate > 0.0 && o.head_learning_rate > 0.0 && o.clip > 0.0 && o.layer_decay > 0.0) {
            return Err("the optimizer's rates, clip and layer_decay are above 0".into());
        }
        Ok(())
    }
}
