//! The transformer: a BERT-style encoder with one linear layer for all heads on top of the pooled text.

mod attribution;
mod config;
mod device;
mod encoder;
pub mod engine;
mod heads;
pub mod ops;
pub mod quantize;
mod weights;

pub use config::EncoderConfig;
pub use device::device;
pub use encoder::{Encoder, Noise, Pooling, pool, unpool};
pub use engine::Engine;
pub use fenzhen_layers::Kernel;
pub use heads::HeadLayout;
pub use quantize::{Storage, Stored};
pub use weights::{WORD_TABLE, Weights};

use super::{Classifier, Logits};
use crate::{
    Error, Result,
    encode::{PieceEncoder, Pieces, Ragged},
    segment::Reading,
    taxonomy::Taxonomy,
};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The names of the heads' layer in the weights file, beside the encoder's.
pub const HEAD_WEIGHT: &str = "heads.weight";
pub const HEAD_BIAS: &str = "heads.bias";

/// Pieces that go through the encoder in one step: the states of more fall out of the cache.
const PIECES_PER_STEP: usize = 2048;

/// In what numbers a bundle's transformer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Products of bytes, by [`Engine`].
    Int8,
    /// Everything in f32, by [`Encoder`].
    F32,
}

impl Precision {
    pub fn name(self) -> &'static str {
        match self {
            Precision::Int8 => "int8",
            Precision::F32 => "f32",
        }
    }
}

/// A trained transformer, ready to answer.
pub struct Transformer {
    pub pieces: PieceEncoder,
    pub pooling: Pooling,
    pub layout: HeadLayout,
    folder: PathBuf,
    config: EncoderConfig,
    device: Device,
    /// Absent where the bundle answers in f32, or on another device than the CPU.
    engine: Option<Engine>,
    /// The same model in f32: read when something first needs gradients, or at once where it is what answers.
    full: OnceLock<FullPrecision>,
}

/// An encoder and its heads as f32 tensors.
pub struct FullPrecision {
    pub encoder: Encoder,
    pub head_weight: Tensor,
    pub head_bias: Tensor,
}

impl Transformer {
    /// Reads `config.json`, `model.safetensors` and `tokenizer.json` of a bundle. Without a wish for the precision, weights
    /// that are stored as bytes are used as bytes, others in f32; on another device than the CPU all are used in f32.
    pub fn open(
        dir: &Path,
        taxonomy: &Taxonomy,
        pooling: Pooling,
        prefix: &str,
        max_pieces: usize,
        precision: Option<Precision>,
        device: &Device,
    ) -> Result<Self> {
        let config = EncoderConfig::open(&dir.join("config.json"))?;
        let path = dir.join("model.safetensors");
        let fault = |reason: String| Error::Encoder { path: path.clone(), reason };
        let tensors = quantize::load_stored(&path)?;
        let layout = HeadLayout::of(taxonomy);
        let heads = tensors.get(HEAD_BIAS).ok_or_else(|| fault(format!("has no tensor {HEAD_BIAS}")))?;
        if heads.shape() != [layout.width] {
            let found = heads.shape();
            return Err(fault(format!("{HEAD_BIAS} has shape {found:?}, the taxonomy needs [{}]", layout.width)));
        }
        let max_pieces = max_pieces.min(config.max_pieces());
        let pieces = PieceEncoder::open(&dir.join("tokenizer.json"), prefix, max_pieces)?;
        if pieces.vocabulary() > config.vocab_size {
            let reason = format!("the tokenizer has {} pieces, the encoder {}", pieces.vocabulary(), config.vocab_size);
            return Err(fault(reason));
        }
        let stored = tensors.values().any(|tensor| matches!(tensor, Stored::Bytes { .. }));
        let engine = match precision.unwrap_or(if stored { Precision::Int8 } else { Precision::F32 }) {
            Precision::Int8 if device.is_cpu() => {
                let heads = (HEAD_WEIGHT, HEAD_BIAS);
                Some(Engine::new(&tensors, &config, pooling, heads, Kernel::best()).map_err(fault)?)
            }
            _ => None,
        };
        let folder = dir.to_owned();
        let (device, full) = (device.clone(), OnceLock::new());
        let transformer = Transformer { pieces, pooling, layout, folder, config, device, engine, full };
        if transformer.engine.is_none() {
            transformer.full()?;
        }
        Ok(transformer)
    }

    /// The same, answering in bytes as a bundle of this storage would, if it answers in bytes.
    ///
    /// # Errors
    /// As [`Transformer::open`].
    pub fn stored_as(mut self, storage: Storage) -> Result<Self> {
        if self.engine.is_some() {
            let path = self.folder.join("model.safetensors");
            let tensors = quantize::stored_as(quantize::load_stored(&path)?, storage);
            let engine = Engine::new(&tensors, &self.config, self.pooling, (HEAD_WEIGHT, HEAD_BIAS), Kernel::best());
            self.engine = Some(engine.map_err(|reason| Error::Encoder { path, reason })?);
        }
        Ok(self)
    }

    /// In what numbers it answers.
    pub fn precision(&self) -> Precision {
        if self.engine.is_some() { Precision::Int8 } else { Precision::F32 }
    }

    /// How many numbers a pooled vector has.
    pub fn width(&self) -> usize {
        self.pooling.width(self.config.hidden_size)
    }

    /// The model in f32: what gradients run through, and what the engine is measured against.
    pub fn full(&self) -> Result<&FullPrecision> {
        if let Some(full) = self.full.get() {
            return Ok(full);
        }
        let path = self.folder.join("model.safetensors");
        let fault = |reason: String| Error::Encoder { path: path.clone(), reason };
        let mut tensors = quantize::load(&path)?;
        let width = self.width();
        let mut take = |name: &str, shape: &[usize]| -> Result<Tensor> {
            let tensor = tensors.remove(name).ok_or_else(|| fault(format!("has no tensor {name}")))?;
            if tensor.dims() != shape {
                let found = tensor.dims();
                return Err(fault(format!("{name} has shape {found:?}, the taxonomy needs {shape:?}")));
            }
            Ok(tensor)
        };
        let head_weight = take(HEAD_WEIGHT, &[self.layout.width, width])?.to_device(&self.device)?;
        let head_bias = take(HEAD_BIAS, &[self.layout.width])?.to_device(&self.device)?;
        let weights = Weights::from_hf(tensors, &self.config, &self.device).map_err(fault)?;
        let encoder = Encoder { config: self.config.clone(), weights };
        Ok(self.full.get_or_init(|| FullPrecision { encoder, head_weight, head_bias }))
    }

    /// The pieces of many texts, cut in parallel.
    pub fn encode(&self, readings: &[&Reading]) -> Result<Vec<Pieces>> {
        readings.par_iter().map(|reading| self.pieces.encode(reading.text.as_str())).collect()
    }

    /// Logits of texts that are already in pieces; a text gets the same logits in any company.
    fn logits_of(&self, texts: &[Pieces]) -> Result<Vec<Logits>> {
        Ok(self.answers_of(texts)?.into_iter().map(|answer| answer.logits).collect())
    }

    /// The logits of texts with the vectors that they come from.
    pub fn answers(&self, readings: &[&Reading]) -> Result<Vec<Answered>> {
        self.answers_of(&self.encode(readings)?)
    }

    /// The same for texts that are already in pieces.
    fn answers_of(&self, texts: &[Pieces]) -> Result<Vec<Answered>> {
        match &self.engine {
            Some(engine) => Ok(engine
                .pooled(texts)
                .into_iter()
                .map(|pooled| Answered { logits: self.layout.split(&engine.heads_of(&pooled)), pooled })
                .collect()),
            None => self.full_answers_of(texts),
        }
    }

    /// Logits in f32, whatever the bundle answers in.
    pub fn full_logits_of(&self, texts: &[Pieces]) -> Result<Vec<Logits>> {
        Ok(self.full_answers_of(texts)?.into_iter().map(|answer| answer.logits).collect())
    }

    fn full_answers_of(&self, texts: &[Pieces]) -> Result<Vec<Answered>> {
        let FullPrecision { encoder, head_weight, head_bias } = self.full()?;
        infer(encoder, head_weight, head_bias, self.pooling, &self.layout, texts)
    }
}

/// What the transformer has to say about a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub logits: Logits,
    /// The pooled vector that the heads read.
    pub pooled: Vec<f32>,
}

/// Runs texts through an encoder and its heads in steps of bounded size; the order of the result is that of the input.
pub fn infer(
    encoder: &Encoder,
    head_weight: &Tensor,
    head_bias: &Tensor,
    pooling: Pooling,
    layout: &HeadLayout,
    texts: &[Pieces],
) -> Result<Vec<Answered>> {
    let mut out = vec![None; texts.len()];
    // Texts of like length go together: what fills texts up to one length has little to fill.
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&text| texts[text].ids.len());
    let mut rest: &[usize] = &order;
    while !rest.is_empty() {
        let mut pieces = 0;
        let count = rest.iter().take_while(|&&text| {
            pieces += texts[text].ids.len();
            pieces <= PIECES_PER_STEP
        });
        let count = count.count().max(1);
        let (step, later) = rest.split_at(count);
        rest = later;
        let batch = Ragged::of(step.iter().map(|&text| &texts[text]));
        let states = encoder.forward(&batch, Noise::none())?;
        let pooled = pool(&states, &batch, pooling)?;
        let logits = ops::linear(&pooled, head_weight, head_bias)?.to_vec2::<f32>()?;
        for ((&text, row), pooled) in step.iter().zip(&logits).zip(pooled.to_vec2::<f32>()?) {
            out[text] = Some(Answered { logits: layout.split(row), pooled });
        }
    }
    Ok(out.into_iter().map(|answer| answer.expect("every text is in one step")).collect())
}

impl Classifier for Transformer {
    fn logits(&self, readings: &[&Reading]) -> Result<Vec<Logits>> {
        self.logits_of(&self.encode(readings)?)
    }
}

/// All tensors of a model file: the encoder's by HF name and the heads'.
pub fn model_tensors(weights: &Weights, head_weight: &Tensor, head_bias: &Tensor) -> Result<BTreeMap<String, Tensor>> {
    let mut tensors = weights.to_hf()?;
    tensors.insert(HEAD_WEIGHT.to_owned(), head_weight.to_device(&Device::Cpu)?.detach());
    tensors.insert(HEAD_BIAS.to_owned(), head_bias.to_device(&Device::Cpu)?.detach());
    Ok(tensors)
}

#[cfg(test)]
use ops::tests::random as ops_random;
