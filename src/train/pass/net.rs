use super::{
    products::{PackedWeight, with_left},
    room::part,
};
use crate::{
    Error, Result,
    classify::transformer::{
        EncoderConfig, Noise, Weights,
        ops::{
            attention::Heads,
            dropout,
            matmul::{View, matmul},
            norm,
        },
    },
};
use candle_core::{CpuStorage, Storage};
use fenzhen_layers::bf16::{self, Hand};
use std::{
    collections::{BTreeMap, HashMap},
    ops::{Deref, Range},
};

/// The values of all variables, borrowed for a step.
pub(super) struct Lent<'a>(HashMap<&'a str, (Guard<'a>, Range<usize>)>);

/// Keeps others from writing.
type Guard<'a> = Box<dyn Deref<Target = Storage> + 'a>;

impl<'a> Lent<'a> {
    pub fn of(weights: &'a Weights) -> Result<Self> {
        let mut lent: HashMap<&str, (Guard<'a>, _)> = HashMap::new();
        for (name, var) in weights.vars() {
            let (storage, layout) = var.storage_and_layout();
            let span = layout.contiguous_offsets();
            let (start, end) = span.ok_or_else(|| Error::Internal(format!("the weight {name} lies scattered")))?;
            lent.insert(name.as_str(), (Box::new(storage), start..end));
        }
        Ok(Lent(lent))
    }

    pub fn get(&self, name: &str) -> Result<&[f32]> {
        match self.0.get(name) {
            Some((storage, span)) => match &***storage {
                Storage::Cpu(CpuStorage::F32(values)) => Ok(&values[span.clone()]),
                _ => Err(Error::Internal(format!("the weight {name} is not in f32 on the CPU"))),
            },
            None => Err(Error::Internal(format!("the encoder has no weight {name}"))),
        }
    }
}

/// An encoder's weights in their places.
pub(super) struct Net<'a> {
    pub tables: Tables<'a>,
    pub norm: Norm<'a>,
    pub layers: Vec<Layer<'a>>,
    pub hidden: usize,
    pub noise: Noise,
}

/// What a piece's first vector is the sum of.
pub(super) struct Tables<'a> {
    words: &'a [f32],
    positions: &'a [f32],
    /// The vector of the first kind of token: every text is one sentence.
    kind: &'a [f32],
    pub first_position: usize,
}

impl<'a> Tables<'a> {
    pub fn of(lent: &'a Lent<'a>, words: &'a [f32], config: &EncoderConfig) -> Result<Self> {
        Ok(Tables {
            words,
            positions: lent.get(POSITIONS)?,
            kind: &lent.get(KINDS)?[..config.hidden_size],
            first_position: config.first_position(),
        })
    }

    /// Writes the sums of one text.
    pub fn sum(&self, ids: &[u32], out: &mut [f32]) {
        let hidden = self.kind.len();
        for (place, (&id, out)) in ids.iter().zip(out.chunks_exact_mut(hidden)).enumerate() {
            let word = part(self.words, hidden, &(id as usize..id as usize + 1));
            let place = self.first_position + place;
            let position = part(self.positions, hidden, &(place..place + 1));
            for (((o, w), p), k) in out.iter_mut().zip(word).zip(position).zip(self.kind) {
                *o = w + p + k;
            }
        }
    }
}

pub(super) const POSITIONS: &str = "embeddings.position_embeddings.weight";
pub(super) const KINDS: &str = "embeddings.token_type_embeddings.weight";

/// A layer of a transformer (Vaswani et al. 2017), each norm after the sum.
pub(super) struct Layer<'a> {
    pub qkv: Dense<'a>,
    pub heads: Heads,
    pub output: Dense<'a>,
    pub norm: Norm<'a>,
    pub up: Dense<'a>,
    pub down: Dense<'a>,
    pub last: Norm<'a>,
    /// Where the two branches drop.
    pub drops: [Drop; 2],
}

impl<'a> Net<'a> {
    /// With `packed` weights, products are in bf16.
    pub fn of(
        lent: &'a Lent<'a>,
        table: &'a [f32],
        config: &EncoderConfig,
        noise: Noise,
        packed: &'a BTreeMap<String, PackedWeight>,
    ) -> Result<Self> {
        let eps = config.layer_norm_eps as f32;
        let norm = |name: String| -> Result<Norm<'a>> {
            let (weight, bias) = (lent.get(&format!("{name}.weight"))?, lent.get(&format!("{name}.bias"))?);
            Ok(Norm { weight, bias, eps, name })
        };
        let dense = |name: String| -> Result<Dense<'a>> {
            let (weight, bias) = (lent.get(&format!("{name}.weight"))?, lent.get(&format!("{name}.bias"))?);
            Ok(Dense { weight, bias, packed: packed.get(&name), name })
        };
        let layer = |layer: usize| -> Result<Layer<'a>> {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let [attention, output, down] = noise.of_layer(layer);
            Ok(Layer {
                qkv: dense(name("attention.self.qkv"))?,
                heads: Heads { heads: config.num_attention_heads, rate: noise.attention, seed: attention },
                output: dense(name("attention.output.dense"))?,
                norm: norm(name("attention.output.LayerNorm"))?,
                up: dense(name("intermediate.dense"))?,
                down: dense(name("output.dense"))?,
                last: norm(name("output.LayerNorm"))?,
                drops: [output, down].map(|seed| Drop { rate: noise.hidden, seed }),
            })
        };
        Ok(Net {
            tables: Tables::of(lent, table, config)?,
            norm: norm("embeddings.LayerNorm".into())?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            hidden: config.hidden_size,
            noise,
        })
    }

    /// What is dropped of the first layer's input.
    pub fn drop(&self) -> Drop {
        Drop { rate: self.noise.hidden, seed: self.noise.of_words() }
    }
}

/// A share of the values that is set to zero.
#[derive(Clone, Copy)]
pub(super) struct Drop {
    rate: f32,
    seed: u32,
}

impl Drop {
    /// In place; `start` is the place of the first value in the batch. The same on the way back.
    pub fn apply(self, values: &mut [f32], start: usize) {
        if self.rate > 0.0 {
            let threshold = dropout::threshold(self.rate);
            dropout::drop(values, self.seed, start as u32, threshold, 1.0 / (1.0 - self.rate));
        }
    }
}

/// `y = x Wᵀ + b`, with `W` of `[outputs, inputs]`.
pub(super) struct Dense<'a> {
    weight: &'a [f32],
    bias: &'a [f32],
    packed: Option<&'a PackedWeight>,
    pub name: String,
}

impl<'a> Dense<'a> {
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len()
    }

    fn matrix(&self) -> View<'a> {
        View::rows(self.weight, self.outputs(), self.inputs(), self.inputs())
    }

    /// Writes `y`.
    pub fn apply(&self, y: &mut [f32], x: &[f32]) {
        let (outputs, inputs) = (self.outputs(), self.inputs());
        for row in y.chunks_exact_mut(outputs) {
            row.copy_from_slice(self.bias);
        }
        let rows = x.len() / inputs;
        match self.packed {
            Some(packed) => with_left(|left| {
                left.pack_along(Hand::Left, x, rows, inputs, inputs);
                bf16::multiply(y, outputs, true, left, &packed.forth);
            }),
            None => matmul(y, outputs, 1.0, View::rows(x, rows, inputs, inputs), self.matrix().t(), 1.0, 1),
        }
    }

    /// Writes the gradient of `x`, or adds it.
    pub fn back(&self, dx: &mut [f32], add: bool, dy: &[f32]) {
        let (outputs, inputs) = (self.outputs(), self.inputs());
        let rows = dy.len() / outputs;
        match self.packed {
            Some(packed) => with_left(|left| {
                left.pack_along(Hand::Left, dy, rows, outputs, outputs);
                bf16::multiply(dx, inputs, add, left, &packed.back);
            }),
            None => {
                let dy = View::rows(dy, rows, outputs, outputs);
                matmul(dx, inputs, f32::from(u8::from(add)), dy, self.matrix(), 1.0, 1);
            }
        }
    }
}

/// A layer normalisation.
pub(super) struct Norm<'a> {
    weight: &'a [f32],
    bias: &'a [f32],
    eps: f32,
    pub name: String,
}

/// The gradients of a norm's weight and bias.
pub(super) struct NormSlope {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Norm<'_> {
    /// Writes `y`.
    pub fn apply(&self, y: &mut [f32], x: &[f32]) {
        norm::forward_rows(y, x, self.weight, self.bias, self.weight.len(), self.eps);
    }

    /// Writes the gradient of `x`.
    pub fn back(&self, dx: &mut [f32], x: &[f32], dy: &[f32]) -> NormSlope {
        let width = self.weight.len();
        let [mut weight, mut bias, mut scaled] = [(); 3].map(|()| vec![0.0; width]);
        norm::backward_rows(dx, x, dy, self.weight, &mut weight, &mut bias, &mut scaled, self.eps);
        NormSlope { weight, bias }
    }
}
