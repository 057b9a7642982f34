//! Weights at 8 bits on disk: every row of a matrix as signed bytes and one scale, which costs a quarter of f32 and next to
//! nothing in accuracy. In a safetensors file, matrix `name` is an `I8` tensor with its scales (`F32`, a row) in
//! `name.scale`. Loading gives f32 tensors back; files without 8-bit tensors (f32, f16, bf16) load the same way.

use crate::{Error, Result};
use candle_core::{Device, Tensor};
use half::{bf16, f16};
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
    F16,
    F32,
}

const SCALE: &str = ".scale";

/// Reads a safetensors file into f32 tensors on the CPU.
pub fn load(path: &Path) -> Result<HashMap<String, Tensor>> {
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
    parse(&bytes).map_err(|reason| Error::Encoder { path: path.to_owned(), reason })
}

/// The same from bytes; the error is a sentence.
pub fn parse(bytes: &[u8]) -> std::result::Result<HashMap<String, Tensor>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| format!("not a safetensors file: {e}"))?;
    let mut out = HashMap::new();
    for (name, view) in file.iter() {
        if name.ends_with(SCALE) {
            continue;
        }
        let values = match view.dtype() {
            Dtype::F32 => singles(view.data()).collect(),
            Dtype::F16 => halves(view.data()).map(|b| f16::from_bits(b).to_f32()).collect(),
            Dtype::BF16 => halves(view.data()).map(|b| bf16::from_bits(b).to_f32()).collect(),
            Dtype::I8 => {
                let scales = file.tensor(&format!("{name}{SCALE}")).map_err(|_| format!("{name} has no scales"))?;
                let scales: Vec<f32> = singles(scales.data()).collect();
                let width = view.shape().last().copied().unwrap_or(0);
                if width == 0 || scales.len() * width != view.data().len() {
                    return Err(format!("{name} has {} scales for {} values", scales.len(), view.data().len()));
                }
                let rows = view.data().chunks_exact(width).zip(&scales);
                rows.flat_map(|(row, &scale)| row.iter().map(move |&b| b as i8 as f32 * scale)).collect()
            }
            _ => continue, // position ids and the like
        };
        out.insert(name.to_owned(), Tensor::from_vec(values, view.shape(), &Device::Cpu).map_err(|e| e.to_string())?);
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
        let width = shape.last().copied().unwrap_or(0);
        let table = name.contains("position_embeddings") || name.contains("token_type");
        match storage {
            Storage::Int8 if shape.len() == 2 && width >= 64 && !table => {
                let (bytes, scales) = quantize(&values, width);
                let rows = scales.len();
                let scales = scales.iter().flat_map(|s| s.to_le_bytes()).collect();
                parts.insert(format!("{name}{SCALE}"), (Dtype::F32, vec![rows], scales));
                parts.insert(name.clone(), (Dtype::I8, shape, bytes));
            }
            Storage::F32 => {
                parts.insert(name.clone(), (Dtype::F32, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
            }
            Storage::Int8 if shape.len() < 2 => {
                parts.insert(name.clone(), (Dtype::F32, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
            }
            Storage::F16 | Storage::Int8 => {
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

/// Bytes and scales of a row-major matrix. The scale of a row is the one, among some that clip the largest values, with the
/// least squared error.
fn quantize(values: &[f32], width: usize) -> (Vec<u8>, Vec<f32>) {
    let mut bytes = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width);
    for row in values.chunks_exact(width) {
        let max = row.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let error = |scale: f32| -> f32 { row.iter().map(|v| (v - level(*v, scale) as f32 * scale).powi(2)).sum() };
        let scale = if max == 0.0 {
            1.0
        } else {
            let steps = (0..20).map(|i| max / 127.0 * (1.0 - 0.02 * i as f32));
            steps.min_by(|a, b| error(*a).total_cmp(&error(*b))).expect("twenty steps were tried")
        };
        bytes.extend(row.iter().map(|v| level(*v, scale) as u8));
        scales.push(scale);
    }
    (bytes, scales)
}

fn level(value: f32, scale: f32) -> i8 {
    (value / scale).round().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use super::super::ops_random;
    use super::*;

    #[test]
    fn eight_bits_keep_every_row_within_a_hundredth_of_its_largest_value() {
        let weights = ops_random((5, 128), 3);
        let tensors = BTreeMap::from([("w".to_owned(), weights.clone())]);
        let back = parse(&to_bytes(&tensors, Storage::Int8).unwrap()).unwrap().remove("w").unwrap();
        let (a, b) = (weights.to_vec2::<f32>().unwrap(), back.to_vec2::<f32>().unwrap());
        for (a, b) in a.iter().zip(&b) {
            let max = a.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            let mean = a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 128.0;
            assert!(mean < 0.01 * max, "{mean} of {max}");
        }
    }

    #[test]
    fn full_precision_comes_back_unchanged() {
        let tensors = BTreeMap::from([("w".to_owned(), ops_random((3, 70), 4))]);
        let back = parse(&to_bytes(&tensors, Storage::F32).unwrap()).unwrap().remove("w").unwrap();
        assert_eq!(back.to_vec2::<f32>().unwrap(), tensors["w"].to_vec2::<f32>().unwrap());
    }

    #[test]
    fn half_a_file_is_refused() {
        let tensors = BTreeMap::from([("w".to_owned(), ops_random((3, 70), 4))]);
        let bytes = to_bytes(&tensors, Storage::Int8).unwrap();
        assert!(parse(&bytes[..bytes.len() / 2]).unwrap_err().contains("safetensors"));
    }
}
