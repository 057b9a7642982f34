use super::EncoderConfig;
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor, Var};
use std::collections::{BTreeMap, HashMap};

/// Named weights of an encoder, under the names of HF's `BertModel`, but with query, key and value as one matrix
/// (`attention.self.qkv`): one product instead of three.
///
/// The word table stands apart: of its tens of thousands of rows a batch touches a few hundred, and training steps only
/// those.
pub struct Weights {
    tensors: HashMap<String, Tensor>,
    vars: BTreeMap<String, Var>,
    /// `[vocabulary, hidden]`, row-major.
    table: Vec<f32>,
    words: Option<Tensor>,
    hidden: usize,
    device: Device,
}

/// The name of the word table in an HF file.
pub const WORD_TABLE: &str = "embeddings.word_embeddings.weight";

impl Weights {
    /// From tensors by HF names, their shapes held to the configuration; what the encoder has no use for is left out. The error names what is missing or has another shape.
    pub fn from_hf(
        mut tensors: HashMap<String, Tensor>,
        config: &EncoderConfig,
        device: &Device,
    ) -> std::result::Result<Self, String> {
        for prefix in ["bert.", "roberta."] {
            if tensors.keys().any(|k| k.starts_with(prefix)) {
                tensors =
                    tensors.into_iter().map(|(k, v)| (k.strip_prefix(prefix).unwrap_or(&k).to_owned(), v)).collect();
            }
        }
        let mut take = |name: &str, shape: &[usize]| -> std::result::Result<Tensor, String> {
            let tensor = tensors.remove(name).ok_or_else(|| format!("has no tensor {name}"))?;
            if tensor.dims() != shape {
                return Err(format!("{name} has shape {:?}, the configuration says {shape:?}", tensor.dims()));
            }
            let tensor = tensor.to_dtype(DType::F32).map_err(|e| e.to_string())?;
            let sum = tensor.sum_all().and_then(|s| s.to_scalar::<f32>()).map_err(|e| e.to_string())?;
            if !sum.is_finite() {
                return Err(format!("{name} holds values that are not finite"));
            }
            Ok(tensor)
        };
        let (h, wide) = (config.hidden_size, config.intermediate_size);
        let table = take(WORD_TABLE, &[config.vocab_size, h])?;
        let mut out = HashMap::new();
        let mut keep = |name: String, tensor: Tensor| -> std::result::Result<(), String> {
            out.insert(name, tensor.to_device(device).map_err(|e| e.to_string())?);
            Ok(())
        };
        for (name, rows) in [
            ("embeddings.position_embeddings.weight", config.max_position_embeddings),
            ("embeddings.token_type_embeddings.weight", config.type_vocab_size),
        ] {
            keep(name.to_owned(), take(name, &[rows, h])?)?;
        }
        for part in ["weight", "bias"] {
            let name = format!("embeddings.LayerNorm.{part}");
            keep(name.clone(), take(&name, &[h])?)?;
        }
        for layer in 0..config.num_hidden_layers {
            let at = |part: &str| format!("encoder.layer.{layer}.{part}");
            for (part, shape) in [("weight", vec![h, h]), ("bias", vec![h])] {
                let qkv = QKV.map(|q| take(&at(&format!("attention.self.{q}.{part}")), &shape));
                let [q, k, v] = qkv;
                let qkv = Tensor::cat(&[q?, k?, v?], 0).map_err(|e| e.to_string())?;
                keep(at(&format!("attention.self.qkv.{part}")), qkv)?;
            }
            for (name, rows, cols) in
                [("attention.output.dense", h, h), ("intermediate.dense", wide, h), ("output.dense", h, wide)]
            {
                let (weight, bias) = (at(&format!("{name}.weight")), at(&format!("{name}.bias")));
                keep(weight.clone(), take(&weight, &[rows, cols])?)?;
                keep(bias.clone(), take(&bias, &[rows])?)?;
            }
            for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
                for part in ["weight", "bias"] {
                    let name = at(&format!("{norm}.{part}"));
                    keep(name.clone(), take(&name, &[h])?)?;
                }
            }
        }
        let text = |e: candle_core::Error| e.to_string();
        let words = Some(table.to_device(device).map_err(text)?);
        let table = Vec::new();
        Ok(Weights { tensors: out, vars: BTreeMap::new(), table, words, hidden: h, device: device.clone() })
    }

    /// From the encoder's own names (`qkv` as one matrix) and a word table.
    pub fn from_parts(tensors: HashMap<String, Tensor>, words: Tensor, hidden: usize) -> Self {
        let device = words.device().clone();
        Weights { tensors, vars: BTreeMap::new(), table: Vec::new(), words: Some(words), hidden, device }
    }

    /// Makes every weight a variable that gradients reach; the word table becomes plain memory that training steps row by
    /// row.
    pub fn into_trainable(self) -> Result<Self> {
        self.into_trainable_on(|_| Device::Cpu)
    }

    /// The same with every weight on a device of its own, by its name; the word table stays beside the CPU.
    pub fn into_trainable_on(mut self, device: impl Fn(&str) -> Device) -> Result<Self> {
        for (name, tensor) in &mut self.tensors {
            let var = Var::from_tensor(&tensor.to_device(&device(name))?)?;
            *tensor = var.as_tensor().clone();
            self.vars.insert(name.clone(), var);
        }
        if let Some(words) = self.words.take() {
            self.table = words.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?;
        }
        Ok(self)
    }

    pub fn get(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).ok_or_else(|| Error::Internal(format!("the encoder has no weight {name}")))
    }

    /// The variables by name, in a fixed order.
    pub fn vars(&self) -> &BTreeMap<String, Var> {
        &self.vars
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Word vectors of the pieces, `[pieces, hidden]`.
    pub fn words(&self, ids: &[u32]) -> Result<Tensor> {
        match &self.words {
            Some(words) => Ok(words.index_select(&Tensor::new(ids, &self.device)?, 0)?),
            None => Ok(Tensor::from_vec(self.rows(ids), (ids.len(), self.hidden), &self.device)?),
        }
    }

    /// The rows of the trainable word table, copied.
    fn rows(&self, ids: &[u32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(ids.len() * self.hidden);
        for &id in ids {
            out.extend_from_slice(&self.table[id as usize * self.hidden..][..self.hidden]);
        }
        out
    }

    /// The trainable word table; empty unless [`Weights::into_trainable`] was called.
    pub fn table_mut(&mut self) -> &mut [f32] {
        &mut self.table
    }

    pub fn table(&self) -> &[f32] {
        &self.table
    }

    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// All weights under HF's names, on the CPU: what goes into a file.
    pub fn to_hf(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut out = BTreeMap::new();
        let table = match &self.words {
            Some(words) => words.to_device(&Device::Cpu)?,
            None => {
                let rows = self.table.len() / self.hidden;
                Tensor::from_slice(&self.table, (rows, self.hidden), &Device::Cpu)?
            }
        };
        out.insert(WORD_TABLE.to_owned(), table);
        for (name, tensor) in &self.tensors {
            let tensor = tensor.to_device(&Device::Cpu)?.detach();
            match name.split_once("qkv") {
                Some((before, after)) => {
                    for (i, q) in QKV.iter().enumerate() {
                        let part = tensor.narrow(0, i * self.hidden, self.hidden)?.contiguous()?;
                        out.insert(format!("{before}{q}{after}"), part);
                    }
                }
                None => {
                    out.insert(name.clone(), tensor);
                }
            }
        }
        Ok(out)
    }
}

const QKV: [&str; 3] = ["query", "key", "value"];
