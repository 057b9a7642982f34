use super::{EncoderRecipe, Recipe, learner::Learner, optimizer::Moments};
use crate::{
    Error, Result,
    bundle::{file, write_tensors},
    classify::transformer::{Storage, WORD_TABLE, quantize},
};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Accuracy on every dev file by its name, and there of every head by its name.
pub type Accuracies = BTreeMap<String, BTreeMap<String, f64>>;

/// Where a training stands: everything that is not a tensor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Rounds that are done.
    pub rounds: usize,
    /// Batches of the current round that are done.
    pub batches: usize,
    /// Steps that are done.
    pub steps: usize,
    pub best: Option<f64>,
    pub best_round: usize,
    pub finished: bool,
    pub history: Vec<Round>,
    /// Seconds of training so far, over all sessions.
    pub seconds: f64,
    /// A hash of what makes each teacher's answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taught_by: Vec<String>,
    /// The hash of the encoder that the training began with, where pieces are guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// What the teachers reach together, where there are some.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teachers: Accuracies,
}

/// What one round gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub loss: f64,
    /// That of the guesses alone, in nats a hidden piece, where pieces are guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guessed: Option<f64>,
    /// The metric that chooses the best round.
    pub metric: f64,
    /// Accuracy a dev file and one-of head.
    pub accuracy: Accuracies,
    pub rows_per_second: f64,
}

/// A training's folder of checkpoints: `state-STEP.safetensors` (gone when the training is finished) and `state.json` of the last one,
/// `model.safetensors` with the weights of the best round, and beside it what it takes to read texts for them. A checkpoint is written beside
/// the old one and then renamed, so that a kill at any time leaves a whole one.
pub struct Checkpoints {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct State {
    recipe: Recipe,
    progress: Progress,
    /// Steps of the optimiser when the tensors were written: they must belong together.
    step: usize,
}

impl Checkpoints {
    /// The weights of the best round, in the folder of checkpoints.
    pub const BEST: &'static str = file::MODEL;

    pub fn new(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
        Ok(Checkpoints { folder: folder.to_owned() })
    }

    pub fn best(&self) -> PathBuf {
        self.folder.join(Self::BEST)
    }

    fn tensors_at(&self, step: usize) -> PathBuf {
        self.folder.join(format!("state-{step}.safetensors"))
    }

    fn json(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// Writes the whole state; of a training that is finished, where it stands and no tensors: nothing goes on from it, and the best
    /// weights are there.
    pub fn save(&self, learner: &mut Learner, progress: &Progress, recipe: &Recipe) -> Result<()> {
        let step = learner.optimizer.step;
        if !progress.finished {
            write_tensors(&self.tensors_at(step), &collect(learner)?, Storage::F32)?;
        }
        let state = State { recipe: recipe.clone(), progress: progress.clone(), step };
        let text = serde_json::to_vec_pretty(&state).map_err(|e| Error::Internal(e.to_string()))?;
        crate::bundle::write_file(&self.json(), &text)?;
        // The older tensors are of no use any more.
        for entry in std::fs::read_dir(&self.folder).map_err(|e| Error::file(&self.folder, e))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("state-") && (progress.finished || entry.path() != self.tensors_at(step)) {
                std::fs::remove_file(entry.path()).map_err(|e| Error::file(entry.path(), e))?;
            }
        }
        Ok(())
    }

    /// Whether a training in this folder has begun and is not finished, whatever its recipe.
    pub fn is_under_way(&self) -> bool {
        let state = std::fs::read(self.json()).ok().and_then(|text| serde_json::from_slice::<State>(&text).ok());
        state.is_some_and(|state| !state.progress.finished)
    }

    /// Where the training of a recipe stands, if it has begun.
    ///
    /// # Errors
    /// [`Error::Recipe`] if the checkpoint was made with another recipe.
    pub fn progress(&self, recipe: &Recipe) -> Result<Option<Progress>> {
        Ok(self.state(recipe)?.map(|state| state.progress))
    }

    /// Brings a learner to the last checkpoint, if there is one.
    ///
    /// # Errors
    /// As [`Checkpoints::progress`]; [`Error::File`] for a training that is finished, of which no state is kept.
    pub fn restore(&self, learner: &mut Learner, recipe: &Recipe) -> Result<Option<Progress>> {
        let Some(state) = self.state(recipe)? else { return Ok(None) };
        let tensors = quantize::load(&self.tensors_at(state.step))?;
        spread(learner, &tensors)?;
        learner.optimizer.step = state.step;
        if let Some(average) = &mut learner.optimizer.average {
            average.seen.fill(state.step as u32);
        }
        Ok(Some(state.progress))
    }

    /// Keeps beside the weights what it takes to read texts for them, so that the folder answers without the encoder that the training
    /// began with.
    ///
    /// # Errors
    /// [`Error::File`] where they cannot be copied.
    pub fn keep_reader(&self, encoder: &Path) -> Result<()> {
        for name in [file::CONFIG, file::TOKENIZER] {
            let from = encoder.join(name);
            let bytes = std::fs::read(&from).map_err(|e| Error::file(&from, e))?;
            crate::bundle::write_file(&self.folder.join(name), &bytes)?;
        }
        Ok(())
    }

    /// The recipe of the training, whose encoder is the one that it left in this folder.
    ///
    /// # Errors
    /// [`Error::File`] where no training left its state here, [`Error::Recipe`] where that is none.
    pub fn recipe(&self) -> Result<Recipe> {
        let mut recipe = self.read()?.recipe;
        let encoder = recipe.encoder()?.clone();
        recipe.encoder = Some(EncoderRecipe { path: self.folder.clone(), averaged_with: vec![], ..encoder });
        Ok(recipe)
    }

    fn state(&self, recipe: &Recipe) -> Result<Option<State>> {
        if !self.json().exists() {
            return Ok(None);
        }
        let state = self.read()?;
        if !same_training(&state.recipe, recipe) {
            let reason = "the checkpoint was made with another recipe; use a new output folder".to_owned();
            return Err(Error::Recipe { path: self.json(), reason });
        }
        Ok(Some(state))
    }

    fn read(&self) -> Result<State> {
        let path = self.json();
        let text = std::fs::read(&path).map_err(|e| Error::file(&path, e))?;
        let fault = |e| Error::Recipe { path: path.clone(), reason: format!("not a checkpoint: {e}") };
        serde_json::from_slice(&text).map_err(fault)
    }
}

/// Whether two recipes give the same weights; what only shapes the bundle afterwards may differ.
fn same_training(a: &Recipe, b: &Recipe) -> bool {
    let core = |r: &Recipe| {
        let mut r = r.clone();
        r.bundle = Default::default();
        r.linear = Default::default();
        r.scope = None;
        r.similar = None;
        r.name.clear();
        if let Some(encoder) = &mut r.encoder {
            encoder.origin.clear();
        }
        r
    };
    core(a) == core(b)
}

fn flat(values: &[f32]) -> Result<Tensor> {
    Ok(Tensor::from_slice(values, values.len(), &Device::Cpu)?)
}

fn collect(learner: &mut Learner) -> Result<BTreeMap<String, Tensor>> {
    let mut out = BTreeMap::new();
    let step = learner.optimizer.step;
    let table = learner.encoder.weights.table();
    out.insert(format!("w:{WORD_TABLE}"), flat(table)?);
    let width = learner.encoder.weights.hidden();
    if let Some(average) = &mut learner.optimizer.average {
        for (row, value) in table.chunks_exact(width).enumerate() {
            average.catch_up(row, value, step);
        }
        out.insert(format!("a:{WORD_TABLE}"), flat(&average.table)?);
    }
    out.insert(format!("m:{WORD_TABLE}"), flat(&learner.optimizer.table.first)?);
    out.insert(format!("v:{WORD_TABLE}"), flat(&learner.optimizer.table.second)?);
    for (name, var) in learner.optimizer.params() {
        out.insert(format!("w:{name}"), var.flatten_all()?.to_device(&Device::Cpu)?.detach());
        let moments = learner.optimizer.moments(name)?;
        if let Some(mean) = learner.optimizer.mean(name)? {
            out.insert(format!("a:{name}"), flat(&mean)?);
        }
        out.insert(format!("m:{name}"), flat(&moments.first)?);
        out.insert(format!("v:{name}"), flat(&moments.second)?);
    }
    Ok(out)
}

fn spread(learner: &mut Learner, tensors: &std::collections::HashMap<String, Tensor>) -> Result<()> {
    let get = |key: String| -> Result<Tensor> {
        tensors.get(&key).cloned().ok_or_else(|| Error::Internal(format!("the checkpoint has no {key}")))
    };
    let values = |key: String| -> Result<Vec<f32>> { Ok(get(key)?.to_vec1()?) };
    let table = values(format!("w:{WORD_TABLE}"))?;
    let own = learner.encoder.weights.table_mut();
    if own.len() != table.len() {
        return Err(Error::Internal("the checkpoint's word table has another size".into()));
    }
    own.copy_from_slice(&table);
    learner.optimizer.table =
        Moments { first: values(format!("m:{WORD_TABLE}"))?, second: values(format!("v:{WORD_TABLE}"))? };
    let mut names = Vec::new();
    for (name, var) in learner.optimizer.params() {
        var.set(&get(format!("w:{name}"))?.reshape(var.shape())?.to_device(var.device())?)?;
        names.push(name.to_owned());
    }
    let averages = learner.optimizer.average.is_some();
    for name in names {
        let moments = Moments { first: values(format!("m:{name}"))?, second: values(format!("v:{name}"))? };
        let mean = averages.then(|| values(format!("a:{name}"))).transpose()?;
        learner.optimizer.restore(&name, moments, mean)?;
    }
    if let Some(average) = &mut learner.optimizer.average {
        average.table = values(format!("a:{WORD_TABLE}"))?;
    }
    Ok(())
}
