//! The encoder forward and back, as training runs it on a CPU: the arithmetic of
//! [`Encoder`](crate::classify::transformer::Encoder), without a graph.
//!
//! A batch is cut into lanes of whole texts. A lane goes through all layers on one core, in buffers that are kept from step
//! to step; the gradients of the weights are then products over the whole batch, cut by outputs. So cores wait for each other
//! only between layers, only scratch of one lane is allocated, and a sum has the same order whatever number of cores there is.
//!
//! candle's own backward pass over the same operations is the oracle of the tests.

mod back;
mod forth;
mod lanes;
mod net;
mod products;
mod room;

pub use products::Products;

use crate::{
    Error, Result,
    classify::transformer::{EncoderConfig, Noise, Pooling, WORD_TABLE, Weights},
    encode::Ragged,
};
use candle_core::{Device, Tensor};
use fenzhen_layers::bf16::Side;
use net::{KINDS, Lent, Net, POSITIONS, Tables};
use products::PackedWeight;
use rayon::prelude::*;
use room::Room;
use std::collections::BTreeMap;

/// Gradients by the weight's name, row-major.
pub type Gradients = BTreeMap<String, Vec<f32>>;

/// One step's way through the encoder; its buffers serve the next step too.
pub struct Pass {
    config: EncoderConfig,
    pooling: Pooling,
    room: Room,
    products: Products,
    /// The dense parts' weights for products in bf16, and what they got, a layer at a time.
    packed: BTreeMap<String, PackedWeight>,
    inputs: [Side; 4],
    /// Of all weights but the word table's.
    gradients: Gradients,
    /// Of every piece's word vector: `[pieces, hidden]`.
    words: Vec<f32>,
}

impl Pass {
    /// # Errors
    /// As [`Products::check`].
    pub fn new(config: &EncoderConfig, pooling: Pooling, weights: &Weights, products: Products) -> Result<Self> {
        products.check()?;
        debug_assert!(!weights.vars().contains_key(WORD_TABLE));
        let zeros = |(name, var): (&String, &candle_core::Var)| (name.clone(), vec![0.0; var.elem_count()]);
        Ok(Pass {
            config: config.clone(),
            pooling,
            room: Room::new(config),
            products,
            packed: BTreeMap::new(),
            inputs: Default::default(),
            gradients: weights.vars().iter().map(zeros).collect(),
            words: Vec::new(),
        })
    }

    /// Packs the weights of all dense parts, where products are in bf16.
    fn pack(&mut self, weights: &Weights) -> Result<()> {
        if self.products == Products::F32 {
            return Ok(());
        }
        let lent = Lent::of(weights)?;
        let matrices = weights.vars().iter().filter(|(name, var)| {
            var.dims().len() == 2 && name.starts_with("encoder.layer.") && name.ends_with(".weight")
        });
        let mut tasks = Vec::new();
        let mut packed = std::mem::take(&mut self.packed);
        for (name, var) in matrices {
            let part = name.trim_end_matches(".weight").to_owned();
            let room = packed.remove(&part).unwrap_or_default();
            tasks.push((part, room, lent.get(name)?, var.dim(0)?, var.dim(1)?));
        }
        let pack = |(part, mut room, weight, outputs, inputs): (String, PackedWeight, &[f32], _, _)| {
            room.pack(weight, outputs, inputs);
            (part, room)
        };
        self.packed = tasks.into_par_iter().map(pack).collect();
        Ok(())
    }

    /// The pooled vectors of a batch, `[texts, width]`; what [`Pass::backward`] needs of the way is kept.
    ///
    /// # Errors
    /// [`Error::Internal`] where a weight is missing or not in plain f32.
    pub fn forward(&mut self, weights: &Weights, batch: &Ragged, noise: Noise) -> Result<Vec<f32>> {
        self.pack(weights)?;
        let lent = Lent::of(weights)?;
        let net = Net::of(&lent, weights.table(), &self.config, noise, &self.packed)?;
        let lanes = lanes::cut(&batch.starts);
        self.room.fit(batch.ids.len());
        forth::run(&net, batch, &lanes, &mut self.room);
        Ok(pool(self.room.last(), &batch.starts, net.hidden, self.pooling))
    }

    /// The states that the last layer gave at some places of the batch that went forward, `[places, hidden]`.
    ///
    /// # Errors
    /// [`Error::Internal`] where the batch has no such place.
    pub fn states(&self, places: &[u32]) -> Result<Tensor> {
        let hidden = self.config.hidden_size;
        if places.iter().any(|&place| place as usize >= self.room.pieces()) {
            return Err(Error::Internal("there are states only of the batch that went forward".into()));
        }
        let mut out = Vec::with_capacity(places.len() * hidden);
        for &place in places {
            out.extend_from_slice(&self.room.last()[place as usize * hidden..(place as usize + 1) * hidden]);
        }
        Ok(Tensor::from_vec(out, (places.len(), hidden), &Device::Cpu)?)
    }

    /// The gradients of all weights, given those of the pooled vectors and of the states at some places. `weights`, `batch` and `noise`
    /// are those of the forward pass. Second come the gradients of every piece's word vector, `[pieces, hidden]`.
    pub fn backward(
        &mut self,
        weights: &Weights,
        batch: &Ragged,
        noise: Noise,
        pooled: &[f32],
        states: Option<(&[u32], &Tensor)>,
    ) -> Result<(&Gradients, &[f32])> {
        let lent = Lent::of(weights)?;
        let net = Net::of(&lent, weights.table(), &self.config, noise, &self.packed)?;
        let lanes = lanes::cut(&batch.starts);
        if self.room.pieces() != batch.ids.len() || pooled.len() != batch.len() * self.pooling.width(net.hidden) {
            return Err(Error::Internal("a backward pass needs the forward pass of the same batch".into()));
        }
        self.words.clear();
        self.words.resize(batch.ids.len() * net.hidden, 0.0);
        spread(pooled, &mut self.words, &batch.starts, net.hidden, self.pooling);
        if let Some((places, slopes)) = states {
            let slopes = slopes.flatten_all()?.to_vec1::<f32>()?;
            for (&place, slope) in places.iter().zip(slopes.chunks_exact(net.hidden)) {
                let state = &mut self.words[place as usize * net.hidden..(place as usize + 1) * net.hidden];
                state.iter_mut().zip(slope).for_each(|(sum, v)| *sum += v);
            }
        }
        let inputs = (self.products == Products::Bf16).then_some(&mut self.inputs);
        back::run(&net, batch, &lanes, &mut self.room, &mut self.words, &mut self.gradients, inputs);
        Ok((&self.gradients, &self.words))
    }
}

/// The sum of word, position and kind of every piece: `[pieces, hidden]`, row-major.
///
/// # Errors
/// [`Error::Internal`] where one of the tables is not beside the CPU.
pub fn sum_words(weights: &Weights, batch: &Ragged, config: &EncoderConfig) -> Result<Vec<f32>> {
    let lent = Lent::of(weights)?;
    let tables = Tables::of(&lent, weights.table(), config)?;
    let mut sums = vec![0.0; batch.ids.len() * config.hidden_size];
    let mut rest: &mut [f32] = &mut sums;
    let mut texts = Vec::with_capacity(batch.len());
    for span in batch.starts.windows(2) {
        let (text, later) = rest.split_at_mut((span[1] - span[0]) * config.hidden_size);
        texts.push((&batch.ids[span[0]..span[1]], text));
        rest = later;
    }
    texts.into_par_iter().for_each(|(ids, out)| tables.sum(ids, out));
    Ok(sums)
}

/// Room for the gradients of the tables of positions and kinds.
pub fn table_room(weights: &Weights) -> Gradients {
    let zeros = |name: &str| Some((name.to_owned(), vec![0.0; weights.vars().get(name)?.elem_count()]));
    [POSITIONS, KINDS].into_iter().filter_map(zeros).collect()
}

/// Writes the gradients of the tables of positions and kinds, given those of the word vectors (`[pieces, hidden]`).
pub fn table_gradients(config: &EncoderConfig, batch: &Ragged, words: &[f32], room: &mut Gradients) {
    back::tables(config.hidden_size, config.first_position(), batch, words, room);
}

/// One vector a text, as [`crate::classify::transformer::pool`] makes it.
fn pool(states: &[f32], starts: &[usize], hidden: usize, pooling: Pooling) -> Vec<f32> {
    let mut out = Vec::with_capacity((starts.len() - 1) * pooling.width(hidden));
    for span in starts.windows(2) {
        let rows = &states[span[0] * hidden..span[1] * hidden];
        if pooling != Pooling::Mean {
            out.extend_from_slice(&rows[..hidden]);
        }
        if pooling != Pooling::Cls {
            let at = out.len();
            out.resize(at + hidden, 0.0);
            let share = 1.0 / (span[1] - span[0]) as f32;
            for row in rows.chunks_exact(hidden) {
                out[at..].iter_mut().zip(row).for_each(|(sum, v)| *sum += share * v);
            }
        }
    }
    out
}

/// The gradients of the states, given those of the pooled vectors.
fn spread(pooled: &[f32], states: &mut [f32], starts: &[usize], hidden: usize, pooling: Pooling) {
    for (span, pooled) in starts.windows(2).zip(pooled.chunks_exact(pooling.width(hidden))) {
        let rows = &mut states[span[0] * hidden..span[1] * hidden];
        let (first, mean) = match pooling {
            Pooling::Cls => (Some(pooled), None),
            Pooling::Mean => (None, Some(pooled)),
            Pooling::ClsMean => (Some(&pooled[..hidden]), Some(&pooled[hidden..])),
        };
        if let Some(first) = first {
            rows[..hidden].iter_mut().zip(first).for_each(|(sum, v)| *sum += v);
        }
        if let Some(mean) = mean {
            let share = 1.0 / (span[1] - span[0]) as f32;
            for row in rows.chunks_exact_mut(hidden) {
                row.iter_mut().zip(mean).for_each(|(sum, v)| *sum += share * v);
            }
        }
    }
}

#[cfg(test)]
pub mod tests;
