//! `tests/fixtures/*/expected.json` holds what HF's `tokenizers` and `transformers` make of six sentences; its README says
//! how.

use candle_core::{Device, Tensor, Var};
use fenzhen::{
    classify::transformer::{Encoder, EncoderConfig, Noise, Pooling, WORD_TABLE, Weights, pool, quantize},
    encode::{PieceEncoder, Pieces, Ragged},
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};

#[derive(Deserialize)]
struct Expected {
    sentences: Vec<Sentence>,
    gradients: Gradients,
    /// The same weights and ids under another `model_type`; of one fixture only.
    as_xlm_roberta: Option<Vec<States>>,
}

#[derive(Deserialize)]
struct States {
    cls: Vec<f32>,
    mean: Vec<f32>,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    ids: Vec<u32>,
    #[serde(flatten)]
    states: States,
}

#[derive(Deserialize)]
struct Gradients {
    loss: f32,
    weights: BTreeMap<String, Gradient>,
}

#[derive(Deserialize)]
struct Gradient {
    norm: f32,
    sum: f32,
    abs_sum: f32,
}

const FIXTURES: [&str; 2] = ["tiny-encoder", "tiny-encoder-xlmr"];

fn folder(name: &str) -> PathBuf {
    PathBuf::from("tests/fixtures").join(name)
}

fn expected(name: &str) -> Expected {
    serde_json::from_slice(&std::fs::read(folder(name).join("expected.json")).unwrap()).unwrap()
}

fn encoder(name: &str, trains: bool) -> Encoder {
    let config = EncoderConfig::open(&folder(name).join("config.json")).unwrap();
    let tensors = quantize::load(&folder(name).join("model.safetensors")).unwrap();
    let mut weights = Weights::from_hf(tensors, &config, &Device::Cpu).unwrap();
    if trains {
        weights = weights.into_trainable().unwrap();
    }
    Encoder { config, weights }
}

fn pieces(expected: &Expected) -> Vec<Pieces> {
    expected.sentences.iter().map(|s| Pieces { ids: s.ids.clone() }).collect()
}

fn near(got: &[f32], want: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}[{i}]: {a}, not {b}");
    }
}

#[test]
fn the_tokenizer_files_of_both_kinds_give_hugging_faces_pieces() {
    for name in FIXTURES {
        let encoder = PieceEncoder::open(&folder(name).join("tokenizer.json"), "", 64).unwrap();
        for sentence in expected(name).sentences {
            assert_eq!(encoder.encode(&sentence.text).unwrap().ids, sentence.ids, "{name}: {}", sentence.text);
        }
    }
}

#[test]
fn the_forward_pass_gives_hugging_faces_states() {
    for name in FIXTURES {
        let expected = expected(name);
        assert_states(&encoder(name, false), &expected, expected.sentences.iter().map(|s| &s.states));
    }
}

#[test]
fn xlm_roberta_numbers_its_positions_from_the_padding_id_on() {
    let expected = expected("tiny-encoder-xlmr");
    let mut encoder = encoder("tiny-encoder-xlmr", false);
    encoder.config.model_type = "xlm-roberta".into();
    assert_states(&encoder, &expected, expected.as_xlm_roberta.as_ref().unwrap());
}

fn assert_states<'a>(encoder: &Encoder, expected: &Expected, want: impl IntoIterator<Item = &'a States>) {
    let batch = Ragged::of(&pieces(expected));
    let states = encoder.forward(&batch, Noise::none()).unwrap();
    let cls = pool(&states, &batch, Pooling::Cls).unwrap().to_vec2::<f32>().unwrap();
    let mean = pool(&states, &batch, Pooling::Mean).unwrap().to_vec2::<f32>().unwrap();
    let mut compared = 0;
    for (i, want) in want.into_iter().enumerate() {
        near(&cls[i], &want.cls, 1e-4, "cls");
        near(&mean[i], &want.mean, 1e-4, "mean");
        compared += 1;
    }
    assert_eq!(compared, cls.len());
}

#[test]
fn a_text_gets_the_same_states_alone_and_in_company() {
    let expected = expected(FIXTURES[0]);
    let encoder = encoder(FIXTURES[0], false);
    let all = pieces(&expected);
    let batch = Ragged::of(&all);
    let together = pool(&encoder.forward(&batch, Noise::none()).unwrap(), &batch, Pooling::Mean).unwrap();
    let together = together.to_vec2::<f32>().unwrap();
    for (i, text) in all.iter().enumerate() {
        let alone = Ragged::of([text]);
        let state = pool(&encoder.forward(&alone, Noise::none()).unwrap(), &alone, Pooling::Mean).unwrap();
        near(&state.to_vec2::<f32>().unwrap()[0], &together[i], 1e-5, "alone");
    }
}

/// Loss and gradients by our backward pass, under HF's names.
fn our_gradients(name: &str, expected: &Expected) -> (f32, BTreeMap<String, Vec<f32>>) {
    let encoder = encoder(name, true);
    let batch = Ragged::of(&pieces(expected));
    let (rows, hidden) = (encoder.config.vocab_size, encoder.config.hidden_size);
    // The whole word table as a variable: training gathers only the rows of a batch, by the same product.
    let table = Var::from_slice(encoder.weights.table(), (rows, hidden), &Device::Cpu).unwrap();
    let words = table.index_select(&Tensor::new(batch.ids.as_slice(), &Device::Cpu).unwrap(), 0).unwrap();
    let states = encoder.forward_words(&batch, &words, Noise::none()).unwrap();
    let w: Vec<f32> = (0..hidden).map(|j| (1.0 + j as f32).sin()).collect();
    let w = Tensor::from_vec(w, (hidden, 1), &Device::Cpu).unwrap();
    let along = |pooling| pool(&states, &batch, pooling).unwrap().matmul(&w).unwrap();
    let squares = along(Pooling::Mean).sqr().unwrap();
    let loss = (along(Pooling::Cls) + squares).unwrap().sum_all().unwrap();
    let grads = loss.backward().unwrap();
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let mut out = BTreeMap::from([(WORD_TABLE.to_owned(), flat(grads.get(&table).unwrap()))]);
    for (name, var) in encoder.weights.vars() {
        let grad = flat(grads.get(var).unwrap_or_else(|| panic!("{name} does not learn")));
        match name.split_once("qkv") {
            Some((before, after)) => {
                for (part, q) in grad.chunks(grad.len() / 3).zip(["query", "key", "value"]) {
                    out.insert(format!("{before}{q}{after}"), part.to_vec());
                }
            }
            None => {
                out.insert(name.clone(), grad);
            }
        }
    }
    (loss.to_scalar().unwrap(), out)
}

#[test]
fn the_backward_pass_gives_hugging_faces_gradients_for_every_weight() {
    for name in FIXTURES {
        let expected = expected(name);
        let (loss, ours) = our_gradients(name, &expected);
        near(&[loss], &[expected.gradients.loss], 1e-3, "loss");
        for (weight, want) in &expected.gradients.weights {
            let got = ours.get(weight).unwrap_or_else(|| panic!("{name}: {weight} has no gradient"));
            let norm = got.iter().map(|g| g * g).sum::<f32>().sqrt();
            let sum: f32 = got.iter().sum();
            let abs_sum: f32 = got.iter().map(|g| g.abs()).sum();
            // Sums that cancel are only as exact as their terms.
            let slack = 2e-3 * (1.0 + want.abs_sum.abs());
            assert!(
                (norm - want.norm).abs() <= 2e-3 * (1.0 + want.norm),
                "{name}: {weight} norm {norm}, not {}",
                want.norm
            );
            assert!((sum - want.sum).abs() <= slack, "{name}: {weight} sum {sum}, not {}", want.sum);
            assert!((abs_sum - want.abs_sum).abs() <= slack, "{name}: {weight} {abs_sum}, not {}", want.abs_sum);
        }
    }
}
