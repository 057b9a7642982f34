//! Weights at 8 bits on disk: every row of a matrix as signed bytes and one scale, which costs a quarter of f32 and next to
//! nothing in accuracy. In a safetensors file, matrix `name` is an `I8` tensor with its scales (`F32`, a row) in
//! `name.scale`. Files without 8-bit tensors (f32, f16, bf16) load the same way. Training and reasons take the tensors in
//! f32 ([`load`]), the engine takes the bytes as they are ([`load_stored`]).

use crate::{Error, Result};
use candle_core::{Device, Tensor};
use fenzhen_layers::kernel::narrow;
use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::{
    Dtype, SafeTensors,
    tensor::{TensorView, serialize},
};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// Matrices as bytes with a scale a row; vectors and position tables as f16 or f32.
    #[default]
    Int8,
    /// As `int8`, but the weights of the encoder's layers have 63 levels on either side of zero, and no four neighbours sum up to
    /// more than 16 bits hold: machines that have AVX2 and nothing newer multiply them half as fast again.
    Int7,
    F16,
    F32,
}

const SCALE: &str = ".scale";
/// What the names of the encoder's layers have in them.
const LAYERS: &str = "encoder.layer.";

/// A tensor as it stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// A matrix of bytes with a scale a row.
    Bytes { shape: Vec<usize>, values: Vec<i8>, scales: Vec<f32> },
    /// Numbers of 16 or 32 bits.
    Values { shape: Vec<usize>, values: Vec<f32> },
}

impl Stored {
    pub fn shape(&self) -> &[usize] {
        match self {
            Stored::Bytes { shape, .. } | Stored::Values { shape, .. } => shape,
        }
    }

    /// Row-major, in f32.
    pub fn to_values(&self) -> Vec<f32> {
        match self {
            Stored::Values { values, .. } => values.clone(),
            Stored::Bytes { shape, values, scales } => {
                let width = shape.last().copied().unwrap_or(1).max(1);
                let rows = values.chunks_exact(width).zip(scales);
                rows.flat_map(|(row, &scale)| row.iter().map(move |&b| f32::from(b) * scale)).collect()
            }
        }
    }
}

/// Reads a safetensors file into f32 tensors on the CPU.
pub fn load(path: &Path) -> Result<HashMap<String, Tensor>> {
    let fault = |reason: String| Error::Encoder { path: path.to_owned(), reason };
    to_tensors(load_stored(path)?).map_err(fault)
}

/// Reads a safetensors file as it is stored.
pub fn load_stored(path: &Path) -> Result<HashMap<String, Stored>> {
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
    parse(&bytes).map_err(|reason| Error::Encoder { path: path.to_owned(), reason })
}

fn to_tensors(stored: HashMap<String, Stored>) -> std::result::Result<HashMap<String, Tensor>, String> {
    let tensor = |(name, stored): (String, Stored)| {
        let shape = stored.shape().to_vec();
        let values = match stored {
            Stored::Values { values, .. } => values,
            bytes => bytes.to_values(),
        };
        Ok((name, Tensor::from_vec(values, shape, &Device::Cpu).map_err(|e| e.to_string())?))
    };
    stored.into_iter().map(tensor).collect()
}

/// The tensors of a file from its bytes; the error is a sentence.
pub fn parse(bytes: &[u8]) -> std::result::Result<HashMap<String, Stored>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| format!("not a safetensors file: {e}"))?;
    let mut out = HashMap::new();
    for (name, view) in file.iter() {
        if name.ends_with(SCALE) {
            continue;
        }
        let shape = view.shape().to_vec();
        let values = match view.dtype() {
            Dtype::F32 => singles(view.data()).collect(),
            Dtype::F16 => halves(view.data()).map(|b| f16::from_bits(b).to_f32()).collect(),
            Dtype::BF16 => halves(view.data()).map(|b| bf16::from_bits(b).to_f32()).collect(),
            Dtype::I8 => {
                let scales = file.tensor(&format!("{name}{SCALE}")).map_err(|_| format!("{name} has no scales"))?;
                let scales: Vec<f32> = singles(scales.data()).collect();
                let width = shape.last().copied().unwrap_or(0);
                if width == 0 || scales.len() * width != view.data().len() {
                    return Err(format!("{name} has {} scales for {} values", scales.len(), view.data().len()));
                }
                let values = view.data().iter().map(|&b| b as i8).collect();
                out.insert(name.to_owned(), Stored::Bytes { shape, values, scales });
                continue;
            }
            _ => continue, // position ids and the like
        };
        out.insert(name.to_owned(), Stored::Values { shape, values });
    }
    Ok(out)
}

fn singles(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]))
}

/// Writes tensors as a safetensors file; 8-bit storage applies to matrices of at least 64 columns.
pub fn to_bytes(tensors: &BTreeMap<String, Tensor>, storage: Storage) -> Result<Vec<u8>> {
    let mut parts: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, tensor) in tensors {
        let values: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
        let shape = tensor.dims().to_vec();
        if let Some((levels, scales)) = levels_of(name, &shape, &values, storage) {
            let bytes = levels.into_iter().map(|level| level as u8).collect();
            let rows = scales.len();
            let scales = scales.iter().flat_map(|s| s.to_le_bytes()).collect();
            parts.insert(format!("{name}{SCALE}"), (Dtype::F32, vec![rows], scales));
            parts.insert(name.clone(), (Dtype::I8, shape, bytes));
            continue;
        }
        match storage {
            Storage::F32 => {
                parts.insert(name.clone(), (Dtype::F32, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
            }
            Storage::Int8 | Storage::Int7 if shape.len() < 2 => {
                parts.insert(name.clone(), (Dtype::F32, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
            }
            Storage::F16 | Storage::Int8 | Storage::Int7 => {
                let bytes = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
                parts.insert(name.clone(), (Dtype::F16, shape, bytes));
            }
        }
    }
    let mut views = Vec::with_capacity(parts.len());
    for (name, (dtype, shape, bytes)) in &parts {
        let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(|e| Error::Internal(e.to_string()))?;
        views.push((name.clone(), view));
    }
    serialize(views, None).map_err(|e| Error::Internal(e.to_string()))
}

/// Tensors as they stand in a file of this storage.
pub fn stored_as(tensors: HashMap<String, Stored>, storage: Storage) -> HashMap<String, Stored> {
    let rounded = |(name, tensor): (String, Stored)| {
        let shape = tensor.shape().to_vec();
        let stored = match levels_of(&name, &shape, &tensor.to_values(), storage) {
            Some((values, scales)) => Stored::Bytes { shape, values, scales },
            None => tensor,
        };
        (name, stored)
    };
    tensors.into_par_iter().map(rounded).collect()
}

/// Levels and scales of a tensor that this storage keeps in bytes.
fn levels_of(name: &str, shape: &[usize], values: &[f32], storage: Storage) -> Option<(Vec<i8>, Vec<f32>)> {
    let width = shape.last().copied().unwrap_or(0);
    let table = name.contains("position_embeddings") || name.contains("token_type");
    match storage {
        Storage::F16 | Storage::F32 => None,
        _ if shape.len() != 2 || width < 64 || table => None,
        Storage::Int7 if name.contains(LAYERS) => Some(to_narrow_levels(values, width)),
        Storage::Int7 | Storage::Int8 => Some(to_levels(values, width)),
    }
}

/// Levels and scales of a row-major matrix. The scale of a row is the one, among some that clip the largest values, with the
/// least squared error.
pub fn to_levels(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    rounded(values, width, 127.0, |_| true)
}

/// The same with 63 levels a side, and [`narrow`] rows: where one is not, its scale grows until it is.
fn to_narrow_levels(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    // A width that no kernel has a fast way for need not be narrow.
    let whole = narrow(&vec![0; width]);
    rounded(values, width, 63.0, |row| !whole || narrow(row))
}

fn rounded(values: &[f32], width: usize, most: f32, fits: impl Fn(&[i8]) -> bool) -> (Vec<i8>, Vec<f32>) {
    let mut levels = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width);
    for row in values.chunks_exact(width) {
        let max = row.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let level = |value: f32, scale: f32| (value / scale).round().clamp(-most, most);
        let at = |scale: f32| -> Vec<i8> { row.iter().map(|v| level(*v, scale) as i8).collect() };
        let error = |scale: f32| -> f32 { row.iter().map(|v| (v - level(*v, scale) * scale).powi(2)).sum() };
        let mut scale = if max == 0.0 {
            1.0
        } else {
            let steps = (0..20).map(|i| max / most * (1.0 - 0.02 * i as f32));
            steps.min_by(|a, b| error(*a).total_cmp(&error(*b))).expect("twenty steps were tried")
        };
        let mut row = at(scale);
        while !fits(&row) {
            scale *= 1.02;
            row = at(scale);
        }
        levels.extend(row);
        scales.push(scale);
    }
    (levels, scales)
}

#[cfg(test)]
mod tests {
    use super::super::ops_random;
    use super::*;

    #[test]
    fn eight_bits_keep_every_row_within_a_hundredth_of_its_largest_value() {
        let weights = ops_random((5, 128), 3);
        let tensors = BTreeMap::from([("w".to_owned(), weights.clone())]);
        let back = parse(&to_bytes(&tensors, Storage::Int8).unwrap()).unwrap().remove("w").unwrap().to_values();
        for (a, b) in weights.to_vec2::<f32>().unwrap().iter().zip(back.chunks_exact(128)) {
            let max = a.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let mean = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 128.0;
            assert!(mean < 0.01 * max, "{mean} of {max}");
        }
    }

    #[test]
    fn seven_bits_are_for_the_layers_and_their_rows_are_narrow() {
        let mut weights = ops_random((9, 128), 3).flatten_all().unwrap().to_vec1::<f32>().unwrap();
        // A row of equal values: without a coarser scale all of it would stand at 63.
        weights[..128].fill(0.5);
        let all = weights.clone();
        let weights = Tensor::from_vec(weights, (9, 128), &Device::Cpu).unwrap();
        let names = ["encoder.layer.0.output.dense.weight", "embeddings.word_embeddings.weight"].map(str::to_owned);
        let tensors = BTreeMap::from(names.clone().map(|name| (name, weights.clone())));
        let back = parse(&to_bytes(&tensors, Storage::Int7).unwrap()).unwrap();
        let whole = HashMap::from(
            names.clone().map(|name| (name, Stored::Values { shape: vec![9, 128], values: all.clone() })),
        );
        assert_eq!(stored_as(whole, Storage::Int7), back, "rounded at once or by way of a file");
        let [layer, words] = names.map(|name| match &back[&name] {
            Stored::Bytes { values, .. } => values.clone(),
            other => panic!("{other:?}"),
        });
        assert!(layer.chunks_exact(128).all(narrow));
        assert!(words.iter().any(|&w| w > 63) && !words.chunks_exact(128).all(narrow));
        let values = back["encoder.layer.0.output.dense.weight"].to_values();
        for (a, b) in weights.to_vec2::<f32>().unwrap().iter().zip(values.chunks_exact(128)) {
            let max = a.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let mean = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 128.0;
            assert!(mean < 0.02 * max, "{mean} of {max}");
        }
    }

    #[test]
    fn full_precision_comes_back_unchanged() {
        let tensors = BTreeMap::from([("w".to_owned(), ops_random((3, 70), 4))]);
        let back = parse(&to_bytes(&tensors, Storage::F32).unwrap()).unwrap().remove("w").unwrap();
        let values = tensors["w"].flatten_all().unwrap().to_vec1().unwrap();
        assert_eq!(back, Stored::Values { shape: vec![3, 70], values });
    }

    #[test]
    fn half_a_file_is_refused() {
        let tensors = BTreeMap::from([("w".to_owned(), ops_random((3, 70), 4))]);
        let bytes = to_bytes(&tensors, Storage::Int8).unwrap();
        assert!(parse(&bytes[..bytes.len() / 2]).unwrap_err().contains("safetensors"));
    }
}
