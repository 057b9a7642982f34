//! The model as one safetensors file: keys and rarities of the features, weights at 8 bits, and a header that says which head
//! has which columns.

use super::{LinearModel, vocabulary::Vocabulary, weights::Weights};
use crate::{Error, Result, classify::Head};
use safetensors::{
    SafeTensors,
    tensor::{Dtype, TensorView},
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, path::Path};

/// The key of the header, and its version: a later layout gets another number and is refused by this one.
const HEADER: &str = "fenzhen_linear";
const LAYOUT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    layout: u32,
    char_grams: usize,
    word_grams: usize,
    heads: Vec<(Head, usize)>,
}

pub(super) fn save(model: &LinearModel, path: &Path) -> Result<()> {
    let LinearModel { heads, vocabulary, weights } = model;
    let header = Header {
        layout: LAYOUT,
        char_grams: vocabulary.char_grams,
        word_grams: vocabulary.word_grams,
        heads: heads.clone(),
    };
    let header = serde_json::to_string(&header).map_err(|e| Error::Internal(e.to_string()))?;
    let count = vocabulary.len();
    let width = weights.width;
    let levels: Vec<u8> = (0..count).flat_map(|id| weights.levels(id).iter().map(|&level| level as u8)).collect();
    let keys: Vec<u8> = vocabulary.keys.iter().flat_map(|key| key.to_le_bytes()).collect();
    let [idf, steps, bias] = [&vocabulary.idf, &weights.steps, &weights.bias]
        .map(|numbers| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>());
    let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes);
    let bytes = (|| {
        let tensors = [
            ("bias", view(Dtype::F32, &[width], &bias)?),
            ("idf", view(Dtype::F32, &[count], &idf)?),
            ("keys", view(Dtype::U32, &[count], &keys)?),
            ("steps", view(Dtype::F32, &[count], &steps)?),
            ("weights", view(Dtype::I8, &[count, width], &levels)?),
        ];
        // One entry only: the order of several would change from run to run, and with it the file's hash.
        safetensors::serialize(tensors, Some(HashMap::from([(HEADER.to_string(), header)])))
    })()
    .map_err(|e: safetensors::SafeTensorError| Error::Internal(e.to_string()))?;
    std::fs::write(path, bytes).map_err(|e| Error::file(path, e))
}

pub(super) fn open(path: &Path) -> Result<LinearModel> {
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
    read(&bytes).map_err(|reason| Error::Bundle { path: path.to_owned(), reason })
}

fn read(bytes: &[u8]) -> Result<LinearModel, String> {
    let fault = |e: safetensors::SafeTensorError| format!("not a linear model: {e}");
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(fault)?;
    let header = metadata.metadata().as_ref().and_then(|m| m.get(HEADER)).ok_or("not a linear model: no header")?;
    let header: Header = serde_json::from_str(header).map_err(|e| format!("not a linear model: {e}"))?;
    if header.layout != LAYOUT {
        return Err(format!("the linear model has layout {}, this engine reads {LAYOUT}", header.layout));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(fault)?;
    let width: usize = header.heads.iter().map(|(_, width)| width).sum();
    let tensor = |name: &str, dtype: Dtype, shape: &[usize]| {
        let tensor = tensors.tensor(name).map_err(fault)?;
        if tensor.dtype() != dtype || tensor.shape() != shape {
            return Err(format!("{name} is {:?} {:?}, not {dtype:?} {shape:?}", tensor.dtype(), tensor.shape()));
        }
        Ok(tensor.data())
    };
    let count = tensors.tensor("keys").map_err(fault)?.shape().first().copied().unwrap_or(0);
    let floats = |name: &str, length: usize| -> Result<Vec<f32>, String> {
        let numbers: Vec<f32> = words(tensor(name, Dtype::F32, &[length])?).map(f32::from_le_bytes).collect();
        if numbers.iter().all(|n| n.is_finite()) {
            Ok(numbers)
        } else {
            Err(format!("{name} has numbers that are not finite"))
        }
    };
    let keys: Vec<u32> = words(tensor("keys", Dtype::U32, &[count])?).map(u32::from_le_bytes).collect();
    if keys.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err("the keys of the linear model are not in order".into());
    }
    let levels = bytemuck::cast_slice(tensor("weights", Dtype::I8, &[count, width])?);
    let weights = Weights::new(levels, floats("steps", count)?, floats("bias", width)?);
    let vocabulary = Vocabulary::new(header.char_grams, header.word_grams, keys, floats("idf", count)?);
    Ok(LinearModel { heads: header.heads, vocabulary, weights })
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> + '_ {
    bytes.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]])
}
