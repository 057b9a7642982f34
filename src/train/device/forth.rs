use super::{
    Kept, KeptLayer, at, drops, first_drop,
    rows::Rows,
    steps::{self, Drop},
};
use crate::{
    Result,
    classify::transformer::{EncoderConfig, Noise, Weights},
};
use candle_core::Tensor;

/// `sum` holds the sums of words, positions and kinds.
pub(super) fn run(config: &EncoderConfig, weights: &Weights, rows: Rows, sum: Tensor, noise: Noise) -> Result<Kept> {
    let eps = config.layer_norm_eps as f32;
    let first = steps::drop(&norm(weights, "embeddings.LayerNorm", &sum, eps)?, first_drop(noise))?;
    let mut layers: Vec<KeptLayer> = Vec::with_capacity(config.num_hidden_layers);
    for layer in 0..config.num_hidden_layers {
        let x = layers.last().map_or(&first, |before| &before.state);
        let kept = step(weights, layer, x, &rows, drops(noise, layer), eps)?;
        layers.push(kept);
    }
    Ok(Kept { rows, sum, first, layers })
}

fn step(weights: &Weights, layer: usize, x: &Tensor, rows: &Rows, drops: [Drop; 3], eps: f32) -> Result<KeptLayer> {
    let [attention, output, down] = drops;
    let bias = |part: &str| weights.get(&at(layer, &format!("{part}.bias")));
    let product = |part: &str, x: &Tensor| -> Result<Tensor> {
        Ok(x.matmul(&weights.get(&at(layer, &format!("{part}.weight")))?.t()?)?)
    };
    let heads = steps::split_heads(&product("attention.self.qkv", x)?, bias("attention.self.qkv")?, rows)?;
    let [q, k, v] = &heads;
    let [attended, left] = steps::softmax(&q.matmul(&k.t()?)?, rows, attention)?;
    let seen = steps::gather_heads(&left.matmul(v)?, rows)?;
    let sum = steps::join(&product("attention.output.dense", &seen)?, bias("attention.output.dense")?, x, output)?;
    let mid = norm(weights, &at(layer, "attention.output.LayerNorm"), &sum, eps)?;
    let [wide, active] = steps::gelu(&product("intermediate.dense", &mid)?, bias("intermediate.dense")?)?;
    let last = steps::join(&product("output.dense", &active)?, bias("output.dense")?, &mid, down)?;
    let state = norm(weights, &at(layer, "output.LayerNorm"), &last, eps)?;
    Ok(KeptLayer { heads, weights: attended, left, seen, sum, mid, wide, active, last, state })
}

fn norm(weights: &Weights, name: &str, x: &Tensor, eps: f32) -> Result<Tensor> {
    let (weight, bias) = (weights.get(&format!("{name}.weight"))?, weights.get(&format!("{name}.bias"))?);
    Ok(steps::norm(x, weight, bias, eps)?)
}
