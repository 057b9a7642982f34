//! The forward pass that is served: the encoder in 8-bit products, without padding, without allocating tensors.
//!
//! Packs the weights of a model file for [`fenzhen_layers`], groups texts for its passes, and answers with the heads' logits.

mod source;
#[cfg(test)]
mod tests;

use fenzhen_layers::{Kernel, Layer, Norm, Room, Run, kernel::GROUP, vector::inner, vectorised};
use source::Source;

use super::{EncoderConfig, Pooling, quantize::Stored};
use crate::encode::Pieces;
use rayon::prelude::*;
use std::{cell::Cell, collections::HashMap, ops::Range};

/// Pieces that go through the layers together, at most: their states stay in the second-level cache.
const PIECES_AT_ONCE: usize = 128;
/// Fewer pieces are not worth a thread of their own.
const PIECES_A_THREAD: usize = 32;

thread_local! {
    /// What a pass needs; some 3 MB once it has seen a full group.
    static ROOM: Cell<Room> = Cell::default();
}

/// An encoder with its heads, its weights packed for products of bytes.
pub struct Engine {
    kernel: Kernel,
    pooling: Pooling,
    hidden: usize,
    heads: usize,
    /// The word table, `[vocabulary, hidden]`, with a scale a row.
    words: (Vec<i8>, Vec<f32>),
    /// Positions, with the one type of piece that complaints have added; the first row is the first position of a text.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    /// The heads' layer in full precision: it is small.
    head_weight: Vec<f32>,
    head_bias: Vec<f32>,
}

impl Engine {
    /// Packs the weights of a model file; the error names what is missing or has another shape. `head` are the names of the
    /// heads' weight and bias.
    pub fn new(
        tensors: &HashMap<String, Stored>,
        config: &EncoderConfig,
        pooling: Pooling,
        head: (&str, &str),
        kernel: Kernel,
    ) -> Result<Self, String> {
        let source = Source::new(tensors);
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        if !hidden.is_multiple_of(GROUP) || !wide.is_multiple_of(GROUP) {
            return Err(format!("sizes {hidden} and {wide} are not multiples of {}", GROUP));
        }
        let eps = config.layer_norm_eps as f32;
        let types = source.values("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        let positions = [config.max_position_embeddings, hidden];
        let mut positions = source.values("embeddings.position_embeddings.weight", &positions)?;
        positions.drain(..config.first_position() * hidden);
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(p, t)| *p += t);
        }
        let norm = source.norm("embeddings.LayerNorm", hidden, eps)?;
        let mut layers: Vec<Layer> = Vec::with_capacity(config.num_hidden_layers);
        for layer in 0..config.num_hidden_layers {
            let at = |part: &str| format!("encoder.layer.{layer}.{part}");
            let own = |part: &str| at(&format!("attention.self.{part}"));
            let before = layers.last().map_or(&norm, |layer| &layer.second_norm).bias();
            let first_norm = source.norm(&at("attention.output.LayerNorm"), hidden, eps)?;
            layers.push(Layer {
                query: source.dense(&[own("query")], hidden, hidden, before)?,
                keys_values: source.dense(&[own("key"), own("value")], hidden, hidden, before)?,
                joined: source.dense(&[at("attention.output.dense")], hidden, hidden, &[])?,
                wide: source.dense(&[at("intermediate.dense")], wide, hidden, first_norm.bias())?,
                first_norm,
                narrow: source.dense(&[at("output.dense")], hidden, wide, &[])?,
                second_norm: source.norm(&at("output.LayerNorm"), hidden, eps)?,
            });
        }
        let head_bias = source.all(head.1)?;
        Ok(Engine {
            kernel,
            pooling,
            hidden,
            heads: config.num_attention_heads,
            words: source.bytes(super::WORD_TABLE, &[config.vocab_size, hidden])?,
            positions,
            norm,
            layers,
            head_weight: source.values(head.0, &[head_bias.len(), pooling.width(hidden)])?,
            head_bias,
        })
    }

    /// The kernel that multiplies.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// The logits of every text, all heads in one row.
    pub fn logits(&self, texts: &[Pieces]) -> Vec<Vec<f32>> {
        self.pooled(texts).iter().map(|pooled| self.heads_of(pooled)).collect()
    }

    /// The logits of a text, all heads in one row, from its vector.
    pub fn heads_of(&self, pooled: &[f32]) -> Vec<f32> {
        let weights = self.head_weight.chunks_exact(pooled.len());
        weights.zip(&self.head_bias).map(|(w, b)| dot(w, pooled) + b).collect()
    }

    /// The vector of every text that the heads read.
    pub fn pooled(&self, texts: &[Pieces]) -> Vec<Vec<f32>> {
        let threads = rayon::current_num_threads();
        let groups = groups(texts.iter().map(|t| t.ids.len()), threads);
        let parts = (threads / groups.len().max(1)).max(1);
        let one = |group: Range<usize>| self.group(&texts[group], parts);
        if groups.len() == 1 {
            return one(groups[0].clone());
        }
        // Left to itself, rayon cuts many groups into few parts, and of two threads one would wait for the other's last part.
        groups.into_par_iter().with_max_len(1).flat_map_iter(one).collect()
    }

    fn group(&self, texts: &[Pieces], parts: usize) -> Vec<Vec<f32>> {
        let hidden = self.hidden;
        let run = Run { kernel: self.kernel, hidden, heads: self.heads, parts };
        let mut starts = vec![0];
        starts.extend(texts.iter().scan(0, |end, text| {
            *end += text.ids.len();
            Some(*end)
        }));
        let mut states = self.embed(texts);
        self.norm.apply(&mut states, parts);
        let last = self.layers.len() - 1;
        // Taken out, as a thread that waits for its parts may begin with another group meanwhile.
        let mut room = ROOM.take();
        for (number, layer) in self.layers.iter().enumerate() {
            let firsts_only = number == last && self.pooling == Pooling::Cls;
            states = layer.forward(&run, states, &starts, firsts_only, &mut room);
        }
        ROOM.set(room);
        let pooled = |text: usize| -> Vec<f32> {
            let rows = &states[starts[text] * hidden..starts[text + 1] * hidden];
            match self.pooling {
                Pooling::Cls => unreachable!("the last layer leaves one state a text"),
                Pooling::Mean => mean(rows, hidden),
                Pooling::ClsMean => [&rows[..hidden], &mean(rows, hidden)].concat(),
            }
        };
        match self.pooling {
            Pooling::Cls => states.chunks_exact(hidden).map(<[f32]>::to_vec).collect(),
            _ => (0..texts.len()).map(pooled).collect(),
        }
    }

    /// Word and position of every piece.
    fn embed(&self, texts: &[Pieces]) -> Vec<f32> {
        let hidden = self.hidden;
        let mut states = Vec::with_capacity(texts.iter().map(|t| t.ids.len()).sum::<usize>() * hidden);
        for text in texts {
            for (&id, position) in text.ids.iter().zip(self.positions.chunks_exact(hidden)) {
                let word = &self.words.0[id as usize * hidden..][..hidden];
                let scale = self.words.1[id as usize];
                states.extend(word.iter().zip(position).map(|(&w, p)| f32::from(w) * scale + p));
            }
        }
        states
    }
}

/// Cuts texts, in order, into groups that go through the layers together: few enough pieces for the cache, and where texts
/// are few, a group for each thread.
fn groups(lengths: impl Iterator<Item = usize> + Clone, threads: usize) -> Vec<Range<usize>> {
    let pieces: usize = lengths.clone().sum();
    let room = (pieces.div_ceil(threads)).clamp(PIECES_A_THREAD, PIECES_AT_ONCE);
    let mut groups = Vec::new();
    let (mut from, mut held, mut end) = (0, 0, 0);
    for length in lengths {
        if held > 0 && held + length > room {
            groups.push(from..end);
            (from, held) = (end, 0);
        }
        held += length;
        end += 1;
    }
    if end > from {
        groups.push(from..end);
    }
    groups
}

fn mean(rows: &[f32], hidden: usize) -> Vec<f32> {
    let mut mean = vec![0.0; hidden];
    for row in rows.chunks_exact(hidden) {
        mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    let pieces = (rows.len() / hidden) as f32;
    mean.iter_mut().for_each(|sum| *sum /= pieces);
    mean
}

vectorised! {
    fn dot(a: &[f32], b: &[f32]) -> f32 {
        inner(a, b)
    }
}
