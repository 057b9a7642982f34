use super::{EncoderConfig, ops, weights::Weights};
use crate::{Result, encode::Ragged};
use candle_core::{DType, Device, Tensor};

/// How the states of a text's pieces become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The state of the first piece.
    #[default]
    Cls,
    /// The mean over all pieces.
    Mean,
    /// Both, side by side.
    ClsMean,
}

impl Pooling {
    /// Width of the pooled vector.
    pub fn width(self, hidden: usize) -> usize {
        if self == Pooling::ClsMean { 2 * hidden } else { hidden }
    }
}

/// What training adds to the forward pass. [`Noise::none`] gives the forward pass that is served.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    pub hidden: f32,
    pub attention: f32,
    pub seed: u32,
}

impl Noise {
    pub fn none() -> Self {
        Noise { hidden: 0.0, attention: 0.0, seed: 0 }
    }

    /// The seeds of a layer: for the attention weights, what attention gives, what the layer gives.
    pub fn of_layer(&self, layer: usize) -> [u32; 3] {
        [1, 2, 3].map(|part| self.at(3 * layer as u32 + part))
    }

    /// The seed for the first layer's input.
    pub fn of_words(&self) -> u32 {
        self.at(0)
    }

    /// A seed for one place in the network, so that no two places drop alike.
    fn at(&self, place: u32) -> u32 {
        self.seed ^ place.wrapping_add(1).wrapping_mul(0x85eb_ca6b)
    }
}

/// A BERT-style encoder (Devlin et al. 2019) over ragged batches. Its weights are variables when it trains and plain
/// tensors when it serves; the forward pass is the same.
pub struct Encoder {
    pub config: EncoderConfig,
    pub weights: Weights,
}

impl Encoder {
    /// States of all pieces: `[pieces, hidden]`.
    pub fn forward(&self, batch: &Ragged, noise: Noise) -> Result<Tensor> {
        let words = self.weights.words(&batch.ids)?;
        self.forward_words(batch, &words, noise)
    }

    /// The same from the word vectors of all pieces (`[pieces, hidden]`), so that training can differentiate and perturb
    /// them.
    pub fn forward_words(&self, batch: &Ragged, words: &Tensor, noise: Noise) -> Result<Tensor> {
        let w = &self.weights;
        let eps = self.config.layer_norm_eps as f32;
        let first = self.config.first_position() as u32;
        let positions: Vec<u32> = batch.positions().into_iter().map(|p| p + first).collect();
        let positions = Tensor::from_vec(positions, batch.ids.len(), w.device())?;
        let x = (words + w.get("embeddings.position_embeddings.weight")?.index_select(&positions, 0)?)?;
        let x = x.broadcast_add(&w.get("embeddings.token_type_embeddings.weight")?.narrow(0, 0, 1)?)?;
        let mut x = self.norm(&x, "embeddings.LayerNorm", eps)?;
        x = ops::dropout(&x, noise.hidden, noise.of_words())?;
        for layer in 0..self.config.num_hidden_layers {
            x = self.layer(&x, layer, batch, eps, noise)?;
        }
        Ok(x)
    }

    fn layer(&self, x: &Tensor, layer: usize, batch: &Ragged, eps: f32, noise: Noise) -> Result<Tensor> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let [attention, output, down] = noise.of_layer(layer);
        let qkv = self.dense(x, &name("attention.self.qkv"))?;
        let heads = self.config.num_attention_heads;
        let seen = ops::attention(&qkv, heads, &batch.starts, noise.attention, attention)?;
        let seen = self.dense(&seen, &name("attention.output.dense"))?;
        let seen = ops::dropout(&seen, noise.hidden, output)?;
        let x = self.norm(&(x + seen)?, &name("attention.output.LayerNorm"), eps)?;
        let wide = ops::gelu(&self.dense(&x, &name("intermediate.dense"))?)?;
        let narrow = self.dense(&wide, &name("output.dense"))?;
        let narrow = ops::dropout(&narrow, noise.hidden, down)?;
        self.norm(&(x + narrow)?, &name("output.LayerNorm"), eps)
    }

    fn dense(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let w = &self.weights;
        Ok(ops::linear(x, w.get(&format!("{name}.weight"))?, w.get(&format!("{name}.bias"))?)?)
    }

    fn norm(&self, x: &Tensor, name: &str, eps: f32) -> Result<Tensor> {
        let w = &self.weights;
        Ok(ops::layer_norm(x, w.get(&format!("{name}.weight"))?, w.get(&format!("{name}.bias"))?, eps)?)
    }
}

/// One vector a text: `[texts, width]`.
pub fn pool(states: &Tensor, batch: &Ragged, pooling: Pooling) -> Result<Tensor> {
    let cls = || -> Result<Tensor> { Ok(states.index_select(&firsts(batch, states.device())?, 0)?) };
    let mean = || -> Result<Tensor> { Ok(averaging(batch, states.device())?.matmul(states)?) };
    Ok(match pooling {
        Pooling::Cls => cls()?,
        Pooling::Mean => mean()?,
        Pooling::ClsMean => Tensor::cat(&[cls()?, mean()?], 1)?,
    })
}

/// The gradient of the states, given that of what [`pool`] made of them.
pub fn unpool(pooled: &Tensor, batch: &Ragged, pooling: Pooling) -> Result<Tensor> {
    let device = pooled.device();
    let cls = |part: &Tensor| -> Result<Tensor> {
        let none = Tensor::zeros((batch.ids.len(), part.dim(1)?), DType::F32, device)?;
        Ok(none.index_add(&firsts(batch, device)?, part, 0)?)
    };
    let mean = |part: &Tensor| -> Result<Tensor> { Ok(averaging(batch, device)?.t()?.matmul(part)?) };
    match pooling {
        Pooling::Cls => cls(pooled),
        Pooling::Mean => mean(pooled),
        Pooling::ClsMean => {
            let hidden = pooled.dim(1)? / 2;
            let part = |at: usize| pooled.narrow(1, at, hidden)?.contiguous();
            Ok((cls(&part(0)?)? + mean(&part(hidden)?)?)?)
        }
    }
}

fn firsts(batch: &Ragged, device: &Device) -> Result<Tensor> {
    let starts: Vec<u32> = batch.starts[..batch.len()].iter().map(|&s| s as u32).collect();
    Ok(Tensor::from_vec(starts, batch.len(), device)?)
}

/// The `[texts, pieces]` matrix that averages each text's states.
fn averaging(batch: &Ragged, device: &Device) -> Result<Tensor> {
    let pieces = batch.ids.len();
    let mut matrix = vec![0.0f32; batch.len() * pieces];
    for (text, span) in batch.starts.windows(2).enumerate() {
        matrix[text * pieces + span[0]..text * pieces + span[1]].fill(1.0 / (span[1] - span[0]) as f32);
    }
    Ok(Tensor::from_vec(matrix, (batch.len(), pieces), device)?.to_dtype(DType::F32)?)
}
