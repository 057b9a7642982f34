use super::{
    DeviceGradients, Kept, KeptLayer, at, drops, first_drop,
    rows::Rows,
    steps::{self, Drop},
};
use crate::{
    Result,
    classify::transformer::{EncoderConfig, Noise, Weights},
};
use candle_core::{DType, Tensor};

/// From the gradient of the last states to those of all weights, and of the sums of words, positions and kinds.
pub(super) fn run(
    config: &EncoderConfig,
    weights: &Weights,
    kept: &Kept,
    gradient: Tensor,
    noise: Noise,
) -> Result<(DeviceGradients, Tensor)> {
    let ones = Tensor::ones((1, kept.rows.pieces), DType::F32, gradient.device())?;
    let eps = config.layer_norm_eps as f32;
    let mut way = Way { weights, ones, eps, gradients: DeviceGradients::new() };
    let mut gradient = gradient;
    for (layer, of) in kept.layers.iter().enumerate().rev() {
        let x = if layer == 0 { &kept.first } else { &kept.layers[layer - 1].state };
        gradient = way.step(layer, of, x, &kept.rows, drops(noise, layer), &gradient)?;
    }
    let gradient = steps::drop(&gradient, first_drop(noise))?;
    let words = way.norm("embeddings.LayerNorm", &kept.sum, &gradient)?;
    Ok((way.gradients, words))
}

struct Way<'a> {
    weights: &'a Weights,
    /// A row of ones: with it a matrix product sums columns.
    ones: Tensor,
    eps: f32,
    gradients: DeviceGradients,
}

impl Way<'_> {
    /// One layer back: the gradient of what it got, from that of what it gave.
    fn step(
        &mut self,
        layer: usize,
        kept: &KeptLayer,
        x: &Tensor,
        rows: &Rows,
        drops: [Drop; 3],
        gradient: &Tensor,
    ) -> Result<Tensor> {
        let [attention, output, down] = drops;
        let mid = self.norm(&at(layer, "output.LayerNorm"), &kept.last, gradient)?;
        let slope = steps::drop(&mid, down)?;
        let slope = self.dense(&at(layer, "output.dense"), &kept.active, &slope)?;
        let slope = steps::gelu_back(&slope, &kept.wide)?;
        let mid = (mid + self.dense(&at(layer, "intermediate.dense"), &kept.mid, &slope)?)?;
        let gradient = self.norm(&at(layer, "attention.output.LayerNorm"), &kept.sum, &mid)?;
        let slope = steps::drop(&gradient, output)?;
        let slope = self.dense(&at(layer, "attention.output.dense"), &kept.seen, &slope)?;
        let slope = steps::spread_heads(&slope, rows)?;
        let [q, k, v] = &kept.heads;
        let of_v = kept.left.t()?.matmul(&slope)?;
        let scores = steps::softmax_back(&slope.matmul(&v.t()?)?, &kept.weights, rows, attention)?;
        let (of_q, of_k) = (scores.matmul(k)?, scores.t()?.matmul(q)?);
        let slope = steps::gather_qkv([&of_q, &of_k, &of_v], rows)?;
        Ok((gradient + self.dense(&at(layer, "attention.self.qkv"), x, &slope)?)?)
    }

    /// Back through `y = x Wᵀ + b`.
    fn dense(&mut self, name: &str, x: &Tensor, slope: &Tensor) -> Result<Tensor> {
        self.keep(format!("{name}.weight"), slope.t()?.matmul(x)?);
        self.keep(format!("{name}.bias"), self.column_sums(slope)?);
        Ok(slope.matmul(self.weights.get(&format!("{name}.weight"))?)?)
    }

    fn norm(&mut self, name: &str, x: &Tensor, slope: &Tensor) -> Result<Tensor> {
        let weight = self.weights.get(&format!("{name}.weight"))?;
        let [dx, product] = steps::norm_back(x, slope, weight, self.eps)?;
        self.keep(format!("{name}.weight"), self.column_sums(&product)?);
        self.keep(format!("{name}.bias"), self.column_sums(slope)?);
        Ok(dx)
    }

    fn column_sums(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.ones.matmul(x)?.squeeze(0)?)
    }

    fn keep(&mut self, name: String, gradient: Tensor) {
        self.gradients.insert(name, gradient);
    }
}
