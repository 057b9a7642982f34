mod check;
mod extends;

use super::pass::Products;
use crate::{
    Error, Result,
    classify::{
        Head,
        linear::LinearRecipe,
        transformer::{Pooling, Precision, Storage},
    },
    data::Source,
    taxonomy::Taxonomy,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Everything that a training depends on, in one file; unknown keys are refused. Paths are relative to where the command
/// runs. The resolved recipe, with every default written out, is saved in the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the bundle.
    pub name: String,
    /// Fixes the shuffle, the dropped values, the new heads and the calibration part.
    pub seed: u64,
    /// A taxonomy file; `retail-v1` names the built-in one.
    pub taxonomy: String,
    /// The encoder that learns; without it the bundle holds a linear model alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderRecipe>,
    pub data: DataRecipe,
    #[serde(default)]
    pub heads: BTreeMap<Head, HeadRecipe>,
    #[serde(default)]
    pub optimizer: OptimizerRecipe,
    #[serde(default)]
    pub regularize: RegularizeRecipe,
    #[serde(default)]
    pub rounds: RoundsRecipe,
    /// The linear model that is trained beside the transformer.
    #[serde(default)]
    pub linear: LinearRecipe,
    #[serde(default)]
    pub bundle: BundleRecipe,
    /// Who teaches the transformer beside the labels; without it, nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distill: Option<DistillRecipe>,
    /// What the encoder learns without labels; without it, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_language: Option<MaskedLanguageRecipe>,
    /// By what texts the bundle learns to tell foreign ones; without it, none is foreign to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeRecipe>,
    /// What complaints the bundle shows beside those that are like them; without it, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similar: Option<SimilarRecipe>,
}

/// Trained models whose common opinion a student learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillRecipe {
    /// Folders of trainings (`train -o`), whatever their encoders, or of bundles, which answer as they are served; all of the same taxonomy.
    pub teachers: Vec<PathBuf>,
    /// The teachers' share of what a labelled row teaches each head, in (0, 1]; the first level (`group_weight`) learns from labels alone.
    pub weight: f32,
    /// Texts of which the teachers' opinion is all that is learnt. Labels that stand beside them are not read as such; texts of any other
    /// part are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Source>,
}

/// Guessing hidden pieces, in the labelled rows and in texts without labels ([`masked`](super::masked)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedLanguageRecipe {
    /// What its loss counts beside those of the heads.
    #[serde(default = "one")]
    pub weight: f32,
    /// Share of the pieces that are hidden and guessed, in (0, 1).
    #[serde(default = "hidden_share")]
    pub share: f32,
    /// Texts of which nothing else is learnt. Labels that stand beside them are not read; texts of any other part are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Source>,
}

fn one() -> f32 {
    1.0
}

fn hidden_share() -> f32 {
    0.15
}

/// Labelled complaints that the bundle keeps, as they are, to show beside those that are like them: only such as everybody who has
/// the bundle may read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarRecipe {
    pub rows: Vec<Source>,
}

/// Texts from outside what the taxonomy speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeRecipe {
    /// Files of foreign texts; a row's `source` says of what kind it is, its labels do not matter.
    pub foreign: Vec<Source>,
    /// Categories whose rows are foreign themselves: no complaint to learn from.
    #[serde(default)]
    pub outside: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderRecipe {
    /// Folder with config.json, model.safetensors and tokenizer.json.
    pub path: PathBuf,
    /// Folders of models of the same shape: the training starts from the mean of their weights and those at `path` (Wortsman et al. 2022,
    /// model soups), which is worth something where all of them went on from one model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub averaged_with: Vec<PathBuf>,
    /// Put before every text (`query: ` for the e5 family).
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub pooling: Pooling,
    /// Longer texts keep their head and tail.
    #[serde(default = "max_pieces")]
    pub max_pieces: usize,
    /// Goes on from the heads that stand beside the encoder, those of a trained model or bundle of the same taxonomy (where a
    /// taxonomy.toml lies there too, that is checked); else from new ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heads: bool,
    /// Name and licence of where the weights come from, for the card.
    #[serde(default)]
    pub origin: String,
}

fn max_pieces() -> usize {
    256
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    pub train: Vec<Source>,
    /// Measured after every round; chooses the best one.
    pub dev: Vec<Source>,
    /// Texts that teach no weight, in whatever file they stand: those that a later training is measured on, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Source>,
    /// Share of the training rows, by a hash of the text, that no weight learns from, beside files that are held out: it fits
    /// temperatures, blends and bands.
    #[serde(default = "calibration")]
    pub calibration: f32,
    /// Chooses those rows, where not the recipe's seed does: trainings that differ in their seeds then leave out the same ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

fn calibration() -> f32 {
    0.06
}

/// How much a head's loss counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadRecipe {
    pub weight: f32,
    /// For the category head: what the loss of the first level (the sum of its leaves) counts.
    pub group_weight: f32,
    /// Rarer labels count more: the weight of a label is its share to the power of minus this (0 = all alike, 1 = fully
    /// balanced).
    pub balance: f32,
}

impl Default for HeadRecipe {
    fn default() -> Self {
        HeadRecipe { weight: 1.0, group_weight: 0.0, balance: 0.0 }
    }
}

/// AdamW (Loshchilov and Hutter 2019) with linear warm-up and decay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerRecipe {
    /// Of the top layer.
    pub learning_rate: f64,
    /// Of the heads, and of what guesses hidden pieces.
    pub head_learning_rate: f64,
    /// Every layer further down learns this much slower.
    pub layer_decay: f64,
    pub weight_decay: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// Share of all steps over which the rate rises.
    pub warmup: f64,
    /// Share of the peak rate that is left at the end.
    pub final_rate: f64,
    /// Largest norm of a step's gradient.
    pub clip: f64,
}

impl Default for OptimizerRecipe {
    fn default() -> Self {
        OptimizerRecipe {
            learning_rate: 1e-4,
            head_learning_rate: 5e-4,
            layer_decay: 0.9,
            weight_decay: 0.01,
            beta1: 0.9,
            beta2: 0.98,
            epsilon: 1e-6,
            warmup: 0.08,
            final_rate: 0.0,
            clip: 1.0,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegularizeRecipe {
    pub dropout: f32,
    pub attention_dropout: f32,
    /// Dropout of the pooled vector before the heads.
    pub head_dropout: f32,
    /// Share of the target that is spread over all labels of a one-of head.
    pub label_smoothing: f32,
    /// Share of the pieces that training hides.
    pub mask_pieces: f32,
    /// Share of the texts that training changes before it reads them, each time anew: typing errors, homophones, lost
    /// punctuation, speech.
    pub perturb: f32,
    /// Decay of the running mean of the weights that is served instead of the last ones; 0 switches it off.
    pub average: f32,
}

impl Default for RegularizeRecipe {
    fn default() -> Self {
        RegularizeRecipe {
            dropout: 0.1,
            attention_dropout: 0.1,
            head_dropout: 0.2,
            label_smoothing: 0.05,
            mask_pieces: 0.0,
            perturb: 0.0,
            average: 0.0,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoundsRecipe {
    /// How many rounds there are: without `share`, how often every row is seen.
    pub epochs: usize,
    /// The part of all rows that a round learns from, drawn anew for each: below 1, a training that only sets right what others have learnt.
    #[serde(skip_serializing_if = "is_whole")]
    pub share: f64,
    /// Rows a step.
    pub batch: usize,
    /// What chooses the best round and stops the training: `mean` of the one-of heads' accuracy, or the name of a head.
    pub metric: String,
    /// Stop after this many rounds without a better one; 0 never stops early.
    pub patience: usize,
    /// Steps between two checkpoints inside a round; 0 writes one a round only.
    pub checkpoint_every: usize,
    /// In what numbers a CPU multiplies; cards multiply in TF32.
    #[serde(skip_serializing_if = "is_f32")]
    pub products: Products,
}

impl Default for RoundsRecipe {
    fn default() -> Self {
        RoundsRecipe {
            epochs: 4,
            share: 1.0,
            batch: 16,
            metric: "mean".into(),
            patience: 2,
            checkpoint_every: 200,
            products: Products::F32,
        }
    }
}

fn is_whole(share: &f64) -> bool {
    *share == 1.0
}

fn is_f32(products: &Products) -> bool {
    *products == Products::F32
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BundleRecipe {
    pub storage: Storage,
    /// In what numbers the bundle answers; by default, as its weights are stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Goes into the card: what the bundle is for, who may use it.
    pub description: String,
    pub licence: String,
}

impl Recipe {
    /// Reads and checks a recipe: `extends = "OTHER.toml"` lays it over another one.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the line of a syntax fault or the key and the allowed values.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::file(path, e))?;
        let fault = |reason: String| Error::Recipe { path: path.to_owned(), reason };
        let recipe: Recipe = match extends::laid(path, &text)? {
            Some(whole) => {
                let told = |e: toml::de::Error| format!("{} (here or in a recipe below)", e.to_string().trim_end());
                whole.try_into().map_err(|e| fault(told(e)))?
            }
            // From its text: that knows the line of a fault.
            None => toml::from_str(&text).map_err(|e| fault(e.to_string().trim_end().to_owned()))?,
        };
        recipe.check().map_err(fault)?;
        Ok(recipe)
    }

    /// The taxonomy and its text.
    pub fn taxonomy(&self) -> Result<(Taxonomy, String)> {
        if self.taxonomy == "retail-v1" {
            return Ok((Taxonomy::retail(), Taxonomy::RETAIL.to_owned()));
        }
        let path = Path::new(&self.taxonomy);
        let text = std::fs::read_to_string(path).map_err(|e| Error::file(path, e))?;
        Ok((Taxonomy::parse(&text, path)?, text))
    }

    /// The encoder of a recipe that has one.
    pub fn encoder(&self) -> Result<&EncoderRecipe> {
        let missing = || Error::Recipe { path: self.name.clone().into(), reason: "has no [encoder] to train".into() };
        self.encoder.as_ref().ok_or_else(missing)
    }

    /// The recipe of a teacher for this one's student: the same rows, learnt alone and from another seed.
    pub fn of_teacher(&self, seed: u64) -> Self {
        let mut recipe = self.clone();
        recipe.data.seed.get_or_insert(self.seed);
        recipe.seed = seed;
        recipe.distill = None;
        recipe
    }

    pub fn head(&self, head: Head) -> HeadRecipe {
        self.heads.get(&head).cloned().unwrap_or_default()
    }
}
