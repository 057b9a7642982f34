use super::*;
use crate::{
    bundle::Bundle,
    classify::{
        Head,
        transformer::{HEAD_BIAS, HEAD_WEIGHT, Storage, Transformer, quantize},
    },
    segment::Segmenter,
};
use candle_core::Tensor;
use std::{collections::BTreeMap, path::Path};

/// Complaints of all lengths, one of a single character.
const TEXTS: [&str; 7] = [
    "退款",
    "嗯",
    "快递三天没动静，客服一直不回复，我要求退款，再不处理就打12315投诉。",
    "买的奶粉开罐就有虫子，孩子喝了两天拉肚子，医院说是急性肠胃炎，你们必须给个说法",
    "师傅人很好，装得也快，就是预约等了一周，希望以后能快一点😊",
    "衣服洗一次就掉色，跟描述的纯棉完全不一样，申请退货被拒绝，理由是影响二次销售，可是吊牌我根本没剪啊，平台介入以后商家又改口说要我出运费，来回二十多块，我不同意，现在钱和货都卡在那里",
    "没有受伤，也不是质量问题，就是想问问发票什么时候能开",
];

fn shipped() -> Transformer {
    Bundle::open("models/retail".as_ref()).unwrap().transformer.unwrap()
}

fn pieces(transformer: &Transformer, texts: &[&str]) -> Vec<Pieces> {
    let segmenter = Segmenter::new();
    texts.iter().map(|text| transformer.pieces.encode(segmenter.read(text).unwrap().text.as_str()).unwrap()).collect()
}

/// A random encoder of a shape, as it would stand in a file; its heads have five outputs.
fn random(config: &EncoderConfig, pooling: Pooling, seed: u64) -> HashMap<String, Stored> {
    let (h, wide) = (config.hidden_size, config.intermediate_size);
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".into(), vec![config.vocab_size, h]),
        ("embeddings.position_embeddings.weight".into(), vec![config.max_position_embeddings, h]),
        ("embeddings.token_type_embeddings.weight".into(), vec![config.type_vocab_size, h]),
        ("embeddings.LayerNorm.weight".into(), vec![h]),
        ("embeddings.LayerNorm.bias".into(), vec![h]),
        (HEAD_WEIGHT.into(), vec![5, pooling.width(h)]),
        (HEAD_BIAS.into(), vec![5]),
    ];
    for layer in 0..config.num_hidden_layers {
        for (part, rows, cols) in [
            ("attention.self.query", h, h),
            ("attention.self.key", h, h),
            ("attention.self.value", h, h),
            ("attention.output.dense", h, h),
            ("intermediate.dense", wide, h),
            ("output.dense", h, wide),
        ] {
            shapes.push((format!("encoder.layer.{layer}.{part}.weight"), vec![rows, cols]));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![rows]));
        }
        for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{layer}.{norm}.weight"), vec![h]));
            shapes.push((format!("encoder.layer.{layer}.{norm}.bias"), vec![h]));
        }
    }
    let tensor = |(i, (name, shape)): (usize, (String, Vec<usize>))| {
        let scale = if shape.len() == 2 { 0.08 } else { 0.2 };
        let values = (crate::classify::transformer::ops_random(shape, seed + i as u64) * scale).unwrap();
        let values = if name.ends_with("LayerNorm.weight") { (values + 1.0).unwrap() } else { values };
        (name, values)
    };
    let tensors: BTreeMap<String, Tensor> = shapes.into_iter().enumerate().map(tensor).collect();
    quantize::parse(&quantize::to_bytes(&tensors, Storage::Int8).unwrap()).unwrap()
}

fn shape(layers: usize, hidden: usize, heads: usize, wide: usize) -> EncoderConfig {
    let json = serde_json::json!({
        "vocab_size": 50, "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
        "intermediate_size": wide, "max_position_embeddings": 40,
    });
    serde_json::from_value(json).unwrap()
}

fn some_pieces(lengths: &[usize]) -> Vec<Pieces> {
    let text = |(i, &n): (usize, &usize)| Pieces { ids: (0..n).map(|k| ((k * 7 + i * 13) % 50) as u32).collect() };
    lengths.iter().enumerate().map(text).collect()
}

#[test]
fn the_engine_answers_as_the_encoder_in_full_precision() {
    let (hidden, texts) = (64, some_pieces(&[3, 17, 1, 40]));
    for (pooling, heads) in [(Pooling::Cls, 4), (Pooling::Mean, 2), (Pooling::ClsMean, 1)] {
        for layers in [1, 2] {
            let config = shape(layers, hidden, heads, 100);
            let stored = random(&config, pooling, 5);
            let engine = Engine::new(&stored, &config, pooling, (HEAD_WEIGHT, HEAD_BIAS), Kernel::best()).unwrap();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("model.safetensors");
            write(&path, &stored);
            let mut tensors = quantize::load(&path).unwrap();
            let (weight, bias) = (tensors.remove(HEAD_WEIGHT).unwrap(), tensors.remove(HEAD_BIAS).unwrap());
            let weights = crate::classify::transformer::Weights::from_hf(tensors, &config, weight.device()).unwrap();
            let encoder = crate::classify::transformer::Encoder { config, weights };
            let batch = crate::encode::Ragged::of(&texts);
            let states = encoder.forward(&batch, crate::classify::transformer::Noise::none()).unwrap();
            let pooled = crate::classify::transformer::pool(&states, &batch, pooling).unwrap();
            let want = crate::classify::transformer::ops::linear(&pooled, &weight, &bias).unwrap().to_vec2().unwrap();
            for (got, want) in engine.logits(&texts).iter().zip(&want) {
                for (got, want) in got.iter().zip::<&Vec<f32>>(want) {
                    assert!((got - want).abs() < 0.05, "{pooling:?} {layers}: {got} {want}");
                }
            }
        }
    }
}

fn write(path: &Path, stored: &HashMap<String, Stored>) {
    let tensor = |(name, tensor): (&String, &Stored)| {
        let values = Tensor::from_vec(tensor.to_values(), tensor.shape(), &candle_core::Device::Cpu).unwrap();
        (name.clone(), values)
    };
    let tensors: BTreeMap<String, Tensor> = stored.iter().map(tensor).collect();
    std::fs::write(path, quantize::to_bytes(&tensors, Storage::F32).unwrap()).unwrap();
}

#[test]
fn a_text_gets_the_same_bits_alone_among_others_and_with_any_number_of_threads() {
    let transformer = shipped();
    let texts = pieces(&transformer, &TEXTS);
    let engine = transformer.engine.as_ref().unwrap();
    let together = engine.logits(&texts);
    for (text, want) in texts.iter().zip(&together) {
        assert_eq!(&engine.logits(std::slice::from_ref(text))[0], want);
    }
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| engine.logits(&texts)), together, "{threads} threads");
        for (text, want) in texts.iter().zip(&together) {
            assert_eq!(&pool.install(|| engine.logits(std::slice::from_ref(text)))[0], want, "{threads} threads");
        }
    }
}

#[test]
fn every_kernel_gives_the_same_bits() {
    let texts = some_pieces(&[3, 17, 1, 40]);
    for (hidden, heads, wide) in [(64, 4, 100), (312, 12, 60)] {
        let config = shape(2, hidden, heads, wide);
        let stored = random(&config, Pooling::Cls, 9);
        let logits = |kernel: Kernel| {
            let engine = Engine::new(&stored, &config, Pooling::Cls, (HEAD_WEIGHT, HEAD_BIAS), kernel).unwrap();
            engine.logits(&texts)
        };
        let want = logits(Kernel::Portable);
        for kernel in Kernel::ALL.into_iter().filter(|k| k.available()) {
            assert_eq!(logits(kernel), want, "{}", kernel.name());
        }
    }
}

#[test]
fn bytes_decide_like_full_precision_on_real_sentences() {
    let transformer = shipped();
    let texts = pieces(&transformer, &TEXTS);
    let (bytes, full) = (transformer.logits_of(&texts).unwrap(), transformer.full_logits_of(&texts).unwrap());
    for (bytes, full) in bytes.iter().zip(&full) {
        let (bytes, full) = (bytes.to_probabilities(), full.to_probabilities());
        for head in Head::ALL {
            for (b, f) in bytes[head].iter().zip(&full[head]) {
                assert!((b - f).abs() < 0.08, "{head:?}: {b} {f}");
            }
        }
    }
}

#[test]
fn what_a_file_lacks_is_named() {
    let config = shape(1, 64, 4, 100);
    let mut stored = random(&config, Pooling::Cls, 5);
    let engine =
        |stored: &_| Engine::new(stored, &config, Pooling::Cls, (HEAD_WEIGHT, HEAD_BIAS), Kernel::best()).err();
    assert_eq!(engine(&stored), None);
    let kept = stored.remove("encoder.layer.0.output.dense.bias").unwrap();
    assert_eq!(engine(&stored).unwrap(), "has no tensor encoder.layer.0.output.dense.bias");
    stored.insert("encoder.layer.0.output.dense.bias".into(), Stored::Values { shape: vec![2], values: vec![0.0; 2] });
    assert!(engine(&stored).unwrap().contains("has shape [2]"));
    stored.insert("encoder.layer.0.output.dense.bias".into(), kept);
    let nan = Stored::Values { shape: vec![64], values: vec![f32::NAN; 64] };
    stored.insert("embeddings.LayerNorm.bias".into(), nan);
    assert!(engine(&stored).unwrap().contains("not finite"));
}

#[test]
fn texts_are_grouped_for_the_cache_and_for_the_threads() {
    let cut = |lengths: &[usize], threads| -> Vec<usize> {
        groups(lengths.iter().copied(), threads).iter().map(|group| group.len()).collect()
    };
    assert_eq!(cut(&[300], 4), [1]);
    assert_eq!(cut(&[20, 20, 20], 1), [3]);
    assert_eq!(cut(&[40, 40, 40, 40], 2), [2, 2]);
    assert_eq!(cut(&[100, 50, 50, 150, 5], 1), [1, 2, 1, 1]);
    assert!(cut(&[], 2).is_empty());
}
