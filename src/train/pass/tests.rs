use super::*;
use crate::classify::transformer::{Encoder, ops::tests::random, pool as pool_by_graph};
use candle_core::{Device, Tensor, Var};
use std::collections::HashMap;

const CONFIG: &str = r#"{"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 40, "max_position_embeddings": 400, "type_vocab_size": 2, "model_type": "bert"}"#;

/// A small encoder of random weights, under HF's names.
pub fn encoder() -> Encoder {
    let config: EncoderConfig = serde_json::from_str(CONFIG).unwrap();
    let (h, w) = (config.hidden_size, config.intermediate_size);
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        (WORD_TABLE.into(), vec![config.vocab_size, h]),
        ("embeddings.position_embeddings.weight".into(), vec![config.max_position_embeddings, h]),
        ("embeddings.token_type_embeddings.weight".into(), vec![config.type_vocab_size, h]),
    ];
    let mut both = |name: String, rows: usize, columns: Option<usize>| {
        shapes.push((format!("{name}.weight"), std::iter::once(rows).chain(columns).collect()));
        shapes.push((format!("{name}.bias"), vec![rows]));
    };
    both("embeddings.LayerNorm".into(), h, None);
    for layer in 0..config.num_hidden_layers {
        let at = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["query", "key", "value"] {
            both(at(&format!("attention.self.{part}")), h, Some(h));
        }
        both(at("attention.output.dense"), h, Some(h));
        both(at("intermediate.dense"), w, Some(h));
        both(at("output.dense"), h, Some(w));
        both(at("attention.output.LayerNorm"), h, None);
        both(at("output.LayerNorm"), h, None);
    }
    let tensors: HashMap<String, Tensor> = shapes
        .into_iter()
        .enumerate()
        .map(|(seed, (name, shape))| {
            let tensor = (random(shape, seed as u64) * 0.3).unwrap();
            let tensor = if name.contains("LayerNorm.weight") { (tensor + 1.0).unwrap() } else { tensor };
            (name, tensor)
        })
        .collect();
    let weights = Weights::from_hf(tensors, &config, &Device::Cpu).unwrap().into_trainable().unwrap();
    Encoder { config, weights }
}

/// Texts of such lengths.
pub fn batch(lengths: &[usize]) -> Ragged {
    let mut starts = vec![0];
    starts.extend(lengths.iter().scan(0, |sum, n| {
        *sum += n;
        Some(*sum)
    }));
    let ids = (0..starts[lengths.len()] as u32).map(|i| i.wrapping_mul(2_654_435_761) >> 8).map(|i| i % 40).collect();
    Ragged { ids, starts: starts.into() }
}

/// The largest difference, as a share of the largest value.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1e-6f32, |most, v| most.max(v.abs()));
    a.iter().zip(b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / scale
}

pub fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn forward_and_all_gradients_are_those_of_the_graph() {
    let encoder = encoder();
    let noises = [Noise::none(), Noise { hidden: 0.2, attention: 0.1, seed: 5 }];
    // Few pieces are one lane, many several.
    for (lengths, noise) in [&[3, 1, 7][..], &[150, 90, 2, 33, 160, 160, 5]].into_iter().zip(noises) {
        for pooling in [Pooling::Cls, Pooling::Mean, Pooling::ClsMean] {
            let batch = batch(lengths);
            let mut pass = Pass::new(&encoder.config, pooling, &encoder.weights, Products::F32).unwrap();
            let pooled = pass.forward(&encoder.weights, &batch, noise).unwrap();

            let words = Var::from_tensor(&encoder.weights.words(&batch.ids).unwrap()).unwrap();
            let states = encoder.forward_words(&batch, &words, noise).unwrap();
            let by_graph = pool_by_graph(&states, &batch, pooling).unwrap();
            assert!(difference(&pooled, &flat(&by_graph)) < 1e-4);

            // The loss sees what is pooled, and the states at some places.
            let places = [1u32, 9, 4];
            let guessed = states.index_select(&Tensor::new(&places, &Device::Cpu).unwrap(), 0).unwrap();
            assert!(difference(&flat(&pass.states(&places).unwrap()), &flat(&guessed)) < 1e-4);
            let loss_weights = random(by_graph.shape().clone(), 99);
            let slopes = random(guessed.shape().clone(), 98);
            let seen = (&by_graph * &loss_weights).unwrap().sum_all().unwrap();
            let loss = (seen + (&guessed * &slopes).unwrap().sum_all().unwrap()).unwrap();
            let grads = loss.backward().unwrap();
            let states = Some((&places[..], &slopes));
            let (gradients, of_words) =
                pass.backward(&encoder.weights, &batch, noise, &flat(&loss_weights), states).unwrap();
            assert!(difference(of_words, &flat(grads.get(&words).unwrap())) < 1e-3);
            assert_eq!(gradients.len(), encoder.weights.vars().len());
            for (name, var) in encoder.weights.vars() {
                let (found, wanted) = (&gradients[name], flat(grads.get(var).unwrap()));
                let worst = difference(found, &wanted);
                assert!(worst < 1e-3, "{name} differs by {worst}");
            }
        }
    }
}

#[test]
fn gradients_in_bf16_are_those_in_f32_but_for_its_rounding() {
    if Products::Bf16.check().is_err() {
        return;
    }
    let encoder = encoder();
    let noise = Noise { hidden: 0.1, attention: 0.1, seed: 3 };
    let batch = batch(&[120, 80, 200, 3, 160]);
    let run = |products: Products| {
        let mut pass = Pass::new(&encoder.config, Pooling::Cls, &encoder.weights, products).unwrap();
        let pooled = pass.forward(&encoder.weights, &batch, noise).unwrap();
        let slopes: Vec<f32> = (0..pooled.len()).map(|i| (i as f32 * 0.7).sin()).collect();
        let (gradients, _) = pass.backward(&encoder.weights, &batch, noise, &slopes, None).unwrap();
        (pooled, gradients.clone())
    };
    let ((wanted, gradients), (found, rounded)) = (run(Products::F32), run(Products::Bf16));
    let apart = |found: &[f32], wanted: &[f32]| {
        let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v) * f64::from(v)).sum::<f64>();
        let off = squares(&mut found.iter().zip(wanted).map(|(a, b)| a - b));
        (off / squares(&mut wanted.iter().copied()).max(1e-12)).sqrt()
    };
    assert!((1e-5..0.02).contains(&apart(&found, &wanted)), "{}", apart(&found, &wanted));
    for (name, wanted) in &gradients {
        let apart = apart(&rounded[name], wanted);
        assert!(apart < 0.05, "{name} is {apart} apart");
    }
}

#[test]
fn a_step_does_not_depend_on_the_number_of_cores_or_on_the_step_before() {
    let encoder = encoder();
    let noise = Noise { hidden: 0.1, attention: 0.1, seed: 3 };
    let (small, large) = (batch(&[4, 9]), batch(&[120, 80, 200, 3, 160]));
    for products in [Products::F32, Products::Bf16] {
        if products.check().is_err() {
            continue;
        }
        let run = |threads: usize, before: Option<&Ragged>| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut pass = Pass::new(&encoder.config, Pooling::Cls, &encoder.weights, products).unwrap();
                if let Some(before) = before {
                    pass.forward(&encoder.weights, before, noise).unwrap();
                    pass.backward(&encoder.weights, before, noise, &vec![1.0; before.len() * 16], None).unwrap();
                }
                let pooled = pass.forward(&encoder.weights, &large, noise).unwrap();
                let (gradients, words) = pass.backward(&encoder.weights, &large, noise, &pooled, None).unwrap();
                (pooled, gradients.clone(), words.to_vec())
            })
        };
        let alone = run(1, None);
        assert!(run(3, None) == alone);
        assert!(run(2, Some(&small)) == alone);
    }
}

#[test]
fn a_way_back_without_its_way_forth_is_refused() {
    let encoder = encoder();
    let mut pass = Pass::new(&encoder.config, Pooling::Cls, &encoder.weights, Products::F32).unwrap();
    let batch = batch(&[4, 9]);
    assert!(pass.backward(&encoder.weights, &batch, Noise::none(), &[1.0; 32], None).is_err());
}
