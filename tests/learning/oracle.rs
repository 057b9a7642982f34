//! The encoder against Hugging Face's numbers (tests/fixtures/README.md): pieces, states and every weight's gradient.

use candle_core::{Device, Tensor, Var};
use fenzhen::{
    classify::transformer::{Encoder, EncoderConfig, Noise, Pooling, WORD_TABLE, Weights, pool},
    encode::{PieceEncoder, Pieces, Ragged},
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Deserialize)]
struct Expected {
    sentences: Vec<Sentence>,
    gradients: Gradients,
    as_xlm_roberta: Option<Vec<Vectors>>,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    ids: Vec<u32>,
    #[serde(flatten)]
    vectors: Vectors,
}

#[derive(Deserialize)]
struct Vectors {
    cls: Vec<f32>,
    mean: Vec<f32>,
}

#[derive(Deserialize)]
struct Gradients {
    loss: f32,
    weights: BTreeMap<String, Gradient>,
}

#[derive(Debug, Deserialize)]
struct Gradient {
    norm: f32,
    sum: f32,
    abs_sum: f32,
}

const FOLDERS: [&str; 2] = ["tiny-encoder", "tiny-encoder-xlmr"];

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn expected(name: &str) -> Expected {
    serde_json::from_slice(&std::fs::read(folder(name).join("expected.json")).unwrap()).unwrap()
}

fn encoder(name: &str) -> Encoder {
    let config = EncoderConfig::open(&folder(name).join("config.json")).unwrap();
    let weights = Weights::open(&folder(name).join("model.safetensors"), &config, &Device::Cpu).unwrap();
    Encoder { config, weights }
}

/// All sentences in one ragged batch, as training and serving send them.
fn batch(expected: &Expected) -> Ragged {
    let pieces: Vec<_> = expected.sentences.iter().map(|s| Pieces { ids: s.ids.clone() }).collect();
    Ragged::of(&pieces)
}

fn assert_states<'a>(encoder: &Encoder, batch: &Ragged, expected: impl Iterator<Item = &'a Vectors>) {
    let states = encoder.forward(batch, Noise::none()).unwrap();
    let got = pool(&states, batch, Pooling::ClsMean).unwrap().to_vec2::<f32>().unwrap();
    let want: Vec<Vec<f32>> = expected.map(|v| [&v.cls[..], &v.mean[..]].concat()).collect();
    assert_eq!(got.len(), want.len());
    for (text, (got, want)) in got.iter().zip(&want).enumerate() {
        let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(got.len() == want.len() && worst < 1e-4, "sentence {text} is off by {worst}");
    }
}

#[test]
fn pieces_are_those_of_hugging_face() {
    for name in FOLDERS {
        let encoder = PieceEncoder::open(&folder(name).join("tokenizer.json"), "", 64).unwrap();
        for sentence in expected(name).sentences {
            assert_eq!(encoder.encode(&sentence.text).unwrap().ids, sentence.ids, "{name}: {}", sentence.text);
        }
    }
}

#[test]
fn states_are_those_of_hugging_face() {
    for name in FOLDERS {
        let expected = expected(name);
        assert_states(&encoder(name), &batch(&expected), expected.sentences.iter().map(|s| &s.vectors));
    }
}

#[test]
fn xlm_roberta_numbers_its_positions_from_the_padding_id_on() {
    let expected = expected("tiny-encoder-xlmr");
    let mut encoder = encoder("tiny-encoder-xlmr");
    encoder.config.model_type = "xlm-roberta".into();
    assert_states(&encoder, &batch(&expected), expected.as_xlm_roberta.iter().flatten());
}

/// The loss that the fixture's gradients belong to: the sum over sentences of `w·cls + (w·mean)²`.
fn loss(states: &Tensor, batch: &Ragged, hidden: usize) -> Tensor {
    let w: Vec<f32> = (0..hidden).map(|j| (1.0 + j as f32).sin()).collect();
    let w = Tensor::from_vec(w, (hidden, 1), &Device::Cpu).unwrap();
    let cls = pool(states, batch, Pooling::Cls).unwrap().matmul(&w).unwrap();
    let mean = pool(states, batch, Pooling::Mean).unwrap().matmul(&w).unwrap();
    (cls + mean.sqr().unwrap()).unwrap().sum_all().unwrap()
}

fn summary(gradient: &[f32]) -> Gradient {
    let total = |f: fn(f64) -> f64| gradient.iter().map(|&g| f(g.into())).sum::<f64>();
    Gradient { norm: total(|g| g * g).sqrt() as f32, sum: total(|g| g) as f32, abs_sum: total(f64::abs) as f32 }
}

#[test]
fn every_weight_gets_the_gradient_of_hugging_face() {
    for name in FOLDERS {
        let expected = expected(name);
        let batch = batch(&expected);
        let mut encoder = encoder(name);
        encoder.weights = encoder.weights.into_trainable().unwrap();
        let hidden = encoder.config.hidden_size;

        let words = Var::from_tensor(&encoder.weights.words(&batch.ids).unwrap()).unwrap();
        let states = encoder.forward_words(&batch, words.as_tensor(), Noise::none()).unwrap();
        let loss = loss(&states, &batch, hidden);
        let value = loss.to_scalar::<f32>().unwrap();
        assert!((value - expected.gradients.loss).abs() < 1e-4 * expected.gradients.loss, "{name}: loss {value}");
        let store = loss.backward().unwrap();
        let of = |var: &Var| store.get(var.as_tensor()).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();

        let mut got = BTreeMap::new();
        for (weight, var) in encoder.weights.vars() {
            let gradient = of(var);
            match weight.split_once("qkv") {
                Some((before, after)) => {
                    for (part, q) in gradient.chunks(gradient.len() / 3).zip(["query", "key", "value"]) {
                        got.insert(format!("{before}{q}{after}"), summary(part));
                    }
                }
                None => {
                    got.insert(weight.clone(), summary(&gradient));
                }
            }
        }
        let mut table = vec![0.0; encoder.config.vocab_size * hidden];
        for (&id, row) in batch.ids.iter().zip(of(&words).chunks(hidden)) {
            table[id as usize * hidden..][..hidden].iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
        }
        got.insert(WORD_TABLE.into(), summary(&table));

        let names = |of: &BTreeMap<String, Gradient>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&got), names(&expected.gradients.weights));
        for (weight, want) in &expected.gradients.weights {
            let got = &got[weight];
            if weight.ends_with("key.bias") {
                // Softmax does not see a shift of all scores: zero up to rounding on both sides.
                assert!(got.norm < 1e-2, "{name} {weight}: {got:?}");
                continue;
            }
            let near = |a: f32, b: f32, scale: f32| (a - b).abs() <= 1e-3 * scale;
            let equal = near(got.norm, want.norm, want.norm)
                && near(got.abs_sum, want.abs_sum, want.abs_sum)
                && near(got.sum, want.sum, want.abs_sum);
            assert!(equal, "{name} {weight}: {got:?}, Hugging Face has {want:?}");
        }
    }
}

#[test]
fn a_text_gets_the_same_states_alone_and_in_company() {
    for name in FIXTURES {
        let (expected, encoder) = (expected(name), encoder(name));
        let batch = batch(&expected);
        let together = pool(&encoder.forward(&batch, Noise::none()).unwrap(), &batch, Pooling::Mean).unwrap();
        let together = together.to_vec2::<f32>().unwrap();
        for (sentence, together) in expected.sentences.iter().zip(together) {
            let alone = Ragged::of(&[Pieces { ids: sentence.ids.clone() }]);
            let state = pool(&encoder.forward(&alone, Noise::none()).unwrap(), &alone, Pooling::Mean).unwrap();
            for (a, b) in state.to_vec2::<f32>().unwrap()[0].iter().zip(together) {
                assert!((a - b).abs() < 1e-5, "{name}: {a} alone, {b} in company");
            }
        }
    }
}
