//! The encoder forward and back, as training runs it on a graphics card: the steps of [`super::pass`], as tensors.
//!
//! Between matrix products, which are cuBLAS's, everything is fused into the few kernels of `kernels.cu`; nothing is kept but what
//! the way back needs. The pieces of all texts lie one after another, as on a CPU; only attention fills texts up to one length.
//! The word vectors and their positions are added up on the CPU, where the tables lie: a batch touches a few hundred rows of
//! them.
//!
//! The same values are dropped as on a CPU, so one is the test of the other.

mod adam;
mod back;
mod forth;
mod launch;
mod plain;
mod rows;
mod steps;

pub use adam::DeviceMoments;
pub use launch::keep_memory;
pub use steps::guess;

use super::pass::{Gradients, sum_words, table_gradients, table_room};
use crate::{
    Error, Result,
    classify::transformer::{EncoderConfig, Noise, Pooling, Weights, pool, unpool},
    encode::Ragged,
};
use candle_core::{Device, Tensor};
use rows::Rows;
use std::collections::BTreeMap;
use steps::Drop;

/// One step's way through the encoder on a device.
pub struct DevicePass {
    config: EncoderConfig,
    pooling: Pooling,
    device: Device,
    kept: Option<Kept>,
    /// Gradients of the tables of positions and kinds.
    tables: Gradients,
    /// Of every piece's word vector: `[pieces, hidden]`.
    words: Vec<f32>,
}

/// What a batch taught.
pub struct Slopes<'a> {
    /// Gradients of the weights on the device.
    pub device: DeviceGradients,
    /// Those of the tables of positions and kinds.
    pub tables: &'a Gradients,
    /// Those of every piece's word vector: `[pieces, hidden]`.
    pub words: &'a [f32],
}

/// What the way back needs of the way forth.
struct Kept {
    rows: Rows,
    sum: Tensor,
    first: Tensor,
    layers: Vec<KeptLayer>,
}

/// The same of a layer, under the names of [`super::pass`].
struct KeptLayer {
    heads: [Tensor; 3],
    weights: Tensor,
    left: Tensor,
    seen: Tensor,
    sum: Tensor,
    mid: Tensor,
    wide: Tensor,
    active: Tensor,
    last: Tensor,
    state: Tensor,
}

/// Gradients of the weights that lie on the device, by name.
pub type DeviceGradients = BTreeMap<String, Tensor>;

impl DevicePass {
    pub fn new(config: &EncoderConfig, pooling: Pooling, weights: &Weights, device: &Device) -> Self {
        let (config, device) = (config.clone(), device.clone());
        DevicePass { config, pooling, device, kept: None, tables: table_room(weights), words: Vec::new() }
    }

    /// Whether a weight of this name lies on the device; the tables of words, positions and kinds lie beside the CPU.
    pub fn holds(name: &str) -> bool {
        !name.starts_with("embeddings.") || name.starts_with("embeddings.LayerNorm")
    }

    /// The pooled vectors of a batch, `[texts, width]`.
    pub fn forward(&mut self, weights: &Weights, batch: &Ragged, noise: Noise) -> Result<Vec<f32>> {
        let device = &self.device;
        let hidden = self.config.hidden_size;
        let rows = Rows::of(batch, self.config.num_attention_heads, hidden, device)?;
        let sum = sum_words(weights, batch, &self.config)?;
        let sum = Tensor::from_vec(sum, (batch.ids.len(), hidden), device)?;
        let kept = forth::run(&self.config, weights, rows, sum, noise)?;
        let pooled = pool(kept.last(), batch, self.pooling)?.flatten_all()?.to_vec1()?;
        self.kept = Some(kept);
        Ok(pooled)
    }

    /// The states that the last layer gave at some places of the batch that went forward, `[places, hidden]`.
    ///
    /// # Errors
    /// [`Error::Internal`] where none went forward.
    pub fn states(&self, places: &[u32]) -> Result<Tensor> {
        let kept = self.kept.as_ref();
        let kept = kept.ok_or_else(|| Error::Internal("there are states only after a forward pass".into()))?;
        Ok(kept.last().index_select(&Tensor::new(places, &self.device)?, 0)?)
    }

    /// The gradients of all weights, given those of the pooled vectors and of the states at some places, for the batch that went forward.
    pub fn backward(
        &mut self,
        weights: &Weights,
        batch: &Ragged,
        noise: Noise,
        pooled: &[f32],
        states: Option<(&[u32], &Tensor)>,
    ) -> Result<Slopes<'_>> {
        let kept = self.kept.take().filter(|kept| kept.rows.pieces == batch.ids.len());
        let kept =
            kept.ok_or_else(|| Error::Internal("a backward pass needs the forward pass of the same batch".into()))?;
        let width = self.pooling.width(self.config.hidden_size);
        let pooled = Tensor::from_slice(pooled, (batch.len(), width), &self.device)?;
        let mut gradient = unpool(&pooled, batch, self.pooling)?;
        if let Some((places, slopes)) = states {
            gradient = gradient.index_add(&Tensor::new(places, &self.device)?, slopes, 0)?;
        }
        let (gradients, words) = back::run(&self.config, weights, &kept, gradient, noise)?;
        self.words = words.flatten_all()?.to_vec1()?;
        table_gradients(&self.config, batch, &self.words, &mut self.tables);
        Ok(Slopes { device: gradients, tables: &self.tables, words: &self.words })
    }
}

impl Kept {
    /// The states of the last layer.
    fn last(&self) -> &Tensor {
        self.layers.last().map_or(&self.first, |layer| &layer.state)
    }
}

/// Where a layer drops: attention weights, what attention gives, what the layer gives.
fn drops(noise: Noise, layer: usize) -> [Drop; 3] {
    let [attention, output, down] = noise.of_layer(layer);
    [
        Drop { rate: noise.attention, seed: attention },
        Drop { rate: noise.hidden, seed: output },
        Drop { rate: noise.hidden, seed: down },
    ]
}

/// Where the first layer's input drops.
fn first_drop(noise: Noise) -> Drop {
    Drop { rate: noise.hidden, seed: noise.of_words() }
}

fn at(layer: usize, part: &str) -> String {
    format!("encoder.layer.{layer}.{part}")
}

#[cfg(test)]
mod tests;
