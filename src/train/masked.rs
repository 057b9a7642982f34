//! Masked-language learning (Devlin et al. 2019): some pieces of a text are hidden, and the encoder guesses them from what stands
//! around them. That needs no labels, so an encoder learns from every text of its field how people write there.
//!
//! What guesses is a dense part, a norm and the encoder's own word table as it was at the start. It learns beside the encoder and is
//! thrown away.

use super::{device::guess, recipe::MaskedLanguageRecipe};
use crate::{
    Result,
    classify::transformer::{EncoderConfig, ops},
    data::Dice,
    encode::Pieces,
};
use candle_core::{DType, Device, Tensor, Var};
use std::collections::BTreeMap;

/// Pieces of a batch that stand hidden in it.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Hidden {
    /// Where they stand among the pieces of all texts.
    pub places: Vec<u32>,
    /// What they were.
    pub pieces: Vec<u32>,
}

/// How many neighbours are hidden together, and how often so many or fewer: mostly a word is one to three pieces long, and half a word
/// would tell the other half (Joshi et al. 2020, spans; Cui et al. 2021, Chinese).
const SPANS: [(usize, f64); 4] = [(1, 0.4), (2, 0.75), (3, 0.9), (4, 1.0)];

/// Hides about a share of the pieces of every text, in spans, and never the first and the last one, which frame it. Of ten spans eight
/// become `mask`, one becomes other pieces of the batch and one stays: what is guessed is not always marked.
pub fn hide_spans(rows: &mut [Pieces], share: f32, mask: u32, seed: u64) -> Hidden {
    let mut hidden = Hidden::default();
    let all: Vec<u32> =
        rows.iter().flat_map(|row| row.ids.get(1..row.ids.len().saturating_sub(1)).unwrap_or(&[])).copied().collect();
    let mut dice = Dice::new(seed);
    let mut start = 0;
    for row in rows {
        let inner = row.ids.len().saturating_sub(2);
        // What is left over decides by chance, so that short texts have their share too.
        let mut wanted = (inner as f64 * f64::from(share) + dice.share()) as usize;
        let mut free = vec![true; inner];
        // Bounded: in a text that is hidden nearly whole, no place may be free any more.
        for _ in 0..4 * inner {
            if wanted == 0 {
                break;
            }
            let roll = dice.share();
            let length = SPANS.iter().find(|(_, most)| roll < *most).map_or(1, |(length, _)| *length).min(wanted);
            let at = (dice.share() * inner as f64) as usize;
            let span = at..(at + length).min(inner);
            if span.is_empty() || !free[span.clone()].iter().all(|free| *free) {
                continue;
            }
            wanted -= span.len();
            let how = dice.share();
            for place in span {
                free[place] = false;
                let piece = &mut row.ids[place + 1];
                hidden.places.push((start + place + 1) as u32);
                hidden.pieces.push(*piece);
                if how < 0.8 {
                    *piece = mask;
                } else if how < 0.9 {
                    *piece = *dice.one(&all);
                }
            }
        }
        start += row.ids.len();
    }
    hidden
}

/// Pieces that are guessed at once.
const BLOCK: usize = 1024;

/// What guesses hidden pieces.
pub struct Guesser {
    /// By their names in the optimiser.
    vars: BTreeMap<&'static str, Var>,
    /// The word table as it was, `[vocabulary, hidden]`.
    words: Tensor,
    eps: f32,
    /// What a guess counts beside a label.
    weight: f32,
}

const DENSE: [&str; 2] = ["masked.dense.weight", "masked.dense.bias"];
const NORM: [&str; 2] = ["masked.LayerNorm.weight", "masked.LayerNorm.bias"];
const BIAS: &str = "masked.bias";

/// What guessing taught.
pub struct Guessed {
    /// Mean over the hidden pieces, in nats, unweighted.
    pub loss: f32,
    /// The gradient of the hidden pieces' states, `[pieces, hidden]`.
    pub states: Tensor,
    /// Those of the guesser's own weights.
    pub gradients: BTreeMap<&'static str, Tensor>,
}

impl Guesser {
    /// A new one on a device; `table` is the encoder's word table, `start` the values of the dense part.
    pub fn new(
        recipe: &MaskedLanguageRecipe,
        config: &EncoderConfig,
        table: &[f32],
        mut start: impl FnMut() -> f32,
        device: &Device,
    ) -> Result<Self> {
        let hidden = config.hidden_size;
        let words = Tensor::from_slice(table, (table.len() / hidden, hidden), device)?;
        let dense: Vec<f32> = (0..hidden * hidden).map(|_| start()).collect();
        let fill = |value: f32, n: usize| Var::from_vec(vec![value; n], n, device);
        let vars = BTreeMap::from([
            (DENSE[0], Var::from_vec(dense, (hidden, hidden), device)?),
            (DENSE[1], fill(0.0, hidden)?),
            (NORM[0], fill(1.0, hidden)?),
            (NORM[1], fill(0.0, hidden)?),
            (BIAS, fill(0.0, words.dim(0)?)?),
        ]);
        Ok(Guesser { vars, words, eps: config.layer_norm_eps as f32, weight: recipe.weight })
    }

    /// Its weights, which learn with the encoder.
    pub fn vars(&self) -> impl Iterator<Item = (&'static str, &Var)> {
        self.vars.iter().map(|(name, var)| (*name, var))
    }

    /// Guesses the hidden pieces by their states, `[pieces, hidden]`; the gradients are of the weighted loss.
    pub fn learn(&self, states: &Tensor, pieces: &[u32]) -> Result<Guessed> {
        let states = Var::from_tensor(states)?;
        let [weight, bias] = DENSE.map(|name| self.vars[name].as_tensor());
        let active = ops::gelu(&ops::linear(&states, weight, bias)?)?;
        let [weight, bias] = NORM.map(|name| self.vars[name].as_tensor());
        let seen = ops::layer_norm(&active, weight, bias, self.eps)?;

        let bias = self.vars[BIAS].as_tensor().detach();
        let (mut losses, mut slopes) = (0.0, Vec::new());
        let mut of_bias = bias.zeros_like()?;
        // In blocks: a row of scores is as long as the vocabulary.
        for (block, wanted) in pieces.chunks(BLOCK).enumerate() {
            let scores = seen.detach().narrow(0, block * BLOCK, wanted.len())?.matmul(&self.words.t()?)?;
            let wanted = Tensor::from_slice(wanted, wanted.len(), scores.device())?;
            let [slope, loss] = guess(&scores, &bias, &wanted, self.weight / pieces.len() as f32)?;
            losses += loss.sum_all()?.to_scalar::<f32>()?;
            let ones = Tensor::ones((1, wanted.elem_count()), DType::F32, slope.device())?;
            of_bias = (of_bias + ones.matmul(&slope)?.squeeze(0)?)?;
            slopes.push(slope.matmul(&self.words)?);
        }
        let loss = losses / pieces.len() as f32;
        let grads = (seen * Tensor::cat(&slopes, 0)?)?.sum_all()?.backward()?;
        let mut gradients = BTreeMap::from([(BIAS, of_bias)]);
        for name in DENSE.into_iter().chain(NORM) {
            gradients.insert(name, reached(grads.get(&self.vars[name]))?);
        }
        Ok(Guessed { loss, states: reached(grads.get(&states))?, gradients })
    }
}

fn reached(gradient: Option<&Tensor>) -> Result<Tensor> {
    gradient.cloned().ok_or_else(|| crate::Error::Internal("the guesses do not reach all weights".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        classify::transformer::ops::tests::random,
        train::pass::tests::{encoder, flat},
    };

    fn rows(lengths: &[usize]) -> Vec<Pieces> {
        lengths
            .iter()
            .enumerate()
            .map(|(row, n)| Pieces { ids: (0..*n as u32).map(|i| 200 * row as u32 + i).collect() })
            .collect()
    }

    #[test]
    fn a_share_of_each_text_is_hidden_and_never_its_frame() {
        let whole = rows(&[2, 3, 40, 102, 150]);
        let mut counts = [0usize; 3];
        for seed in 0..40 {
            let mut read = whole.clone();
            let hidden = hide_spans(&mut read, 0.2, 9999, seed);
            assert_eq!(hidden, hide_spans(&mut whole.clone(), 0.2, 9999, seed));
            let (before, after): (Vec<u32>, Vec<u32>) =
                (whole.iter().flat_map(|r| r.ids.clone()).collect(), read.iter().flat_map(|r| r.ids.clone()).collect());
            let mut places = hidden.places.clone();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), hidden.places.len(), "no piece is hidden twice");
            for (&place, &piece) in hidden.places.iter().zip(&hidden.pieces) {
                assert_eq!(before[place as usize], piece);
                let became = after[place as usize];
                counts[if became == 9999 { 0 } else { 1 + usize::from(became == piece) }] += 1;
            }
            for (place, (a, b)) in before.iter().zip(&after).enumerate() {
                assert!(a == b || places.contains(&(place as u32)), "place {place} changed and is not guessed");
            }
            for row in &read {
                assert!(row.ids[0] < 9999 && row.ids[row.ids.len() - 1] < 9999);
            }
            assert!((50..=60).contains(&places.len()), "{} of 287", places.len());
        }
        let all = counts.iter().sum::<usize>() as f64;
        assert!((0.75..0.85).contains(&(counts[0] as f64 / all)), "{counts:?}");
        assert!(counts[1] > 0 && counts[2] > 0, "{counts:?}");
    }

    #[test]
    fn guesses_have_the_gradients_of_their_loss() {
        let encoder = encoder();
        let recipe = MaskedLanguageRecipe { weight: 0.5, share: 0.15, texts: vec![] };
        let mut n = 0.0f32;
        let start = || {
            n += 1.0;
            (n * 0.7).sin() * 0.3
        };
        let guesser = Guesser::new(&recipe, &encoder.config, encoder.weights.table(), start, &Device::Cpu).unwrap();
        let (states, pieces) = (random((3, 16), 4), [7u32, 0, 31]);
        let learnt = guesser.learn(&states, &pieces).unwrap();
        let found = flat(&learnt.states);
        let values = flat(&states);
        for i in (0..values.len()).step_by(5) {
            let at = |step: f32| {
                let mut v = values.clone();
                v[i] += step;
                guesser.learn(&Tensor::from_vec(v, (3, 16), &Device::Cpu).unwrap(), &pieces).unwrap().loss
            };
            let wanted = 0.5 * (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((found[i] - wanted).abs() < 2e-3, "value {i}: {} against {wanted}", found[i]);
        }
        for (name, var) in guesser.vars() {
            let gradient = &learnt.gradients[name];
            assert_eq!(gradient.dims(), var.dims());
            let (found, values) = (flat(gradient), flat(var));
            for i in (0..values.len()).step_by(values.len().div_ceil(7)) {
                let at = |step: f32| {
                    let mut v = values.clone();
                    v[i] += step;
                    var.set(&Tensor::from_vec(v, var.shape(), &Device::Cpu).unwrap()).unwrap();
                    guesser.learn(&states, &pieces).unwrap().loss
                };
                let wanted = 0.5 * (at(1e-2) - at(-1e-2)) / 2e-2;
                at(0.0);
                assert!((found[i] - wanted).abs() < 2e-3, "{name} {i}: {} against {wanted}", found[i]);
            }
        }
    }
}
