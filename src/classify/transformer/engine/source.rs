use crate::classify::transformer::quantize::{Stored, to_levels};
use fenzhen_layers::{Dense, Norm};
use std::collections::HashMap;

/// The tensors of a model file, asked for by name and shape.
pub struct Source<'a> {
    tensors: &'a HashMap<String, Stored>,
    /// What encoders that were saved with another head have before every name.
    prefix: &'static str,
}

impl<'a> Source<'a> {
    pub fn new(tensors: &'a HashMap<String, Stored>) -> Self {
        let prefix = ["bert.", "roberta."].into_iter().find(|p| tensors.keys().any(|name| name.starts_with(p)));
        Source { tensors, prefix: prefix.unwrap_or("") }
    }

    fn get(&self, name: &str) -> Result<&'a Stored, String> {
        let found = self.tensors.get(name).or_else(|| self.tensors.get(&format!("{}{name}", self.prefix)));
        found.ok_or_else(|| format!("has no tensor {name}"))
    }

    fn shaped(&self, name: &str, shape: &[usize]) -> Result<&'a Stored, String> {
        let tensor = self.get(name)?;
        if tensor.shape() != shape {
            return Err(format!("{name} has shape {:?}, the configuration says {shape:?}", tensor.shape()));
        }
        Ok(tensor)
    }

    /// All values of a tensor of any shape, in f32.
    pub fn all(&self, name: &str) -> Result<Vec<f32>, String> {
        let values = self.get(name)?.to_values();
        match values.iter().all(|v| v.is_finite()) {
            true => Ok(values),
            false => Err(format!("{name} holds values that are not finite")),
        }
    }

    /// All values of a tensor, in f32.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        self.shaped(name, shape)?;
        self.all(name)
    }

    /// A matrix as bytes with a scale a row; what is not stored so is rounded.
    pub fn bytes(&self, name: &str, shape: &[usize]) -> Result<(Vec<i8>, Vec<f32>), String> {
        let (bytes, scales) = match self.shaped(name, shape)? {
            Stored::Bytes { values, scales, .. } => (values.clone(), scales.clone()),
            Stored::Values { values, .. } => to_levels(values, shape[1]),
        };
        match scales.iter().all(|s| s.is_finite()) {
            true => Ok((bytes, scales)),
            false => Err(format!("{name} holds values that are not finite")),
        }
    }

    /// Layers of the same shape, one below another; the inputs come from a norm with `shift` as its bias, or it is empty.
    pub fn dense(&self, names: &[String], outputs: usize, inner: usize, shift: &[f32]) -> Result<Dense, String> {
        let (mut weights, mut scales, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            let (bytes, of_rows) = self.bytes(&format!("{name}.weight"), &[outputs, inner])?;
            weights.extend(bytes);
            scales.extend(of_rows);
            bias.extend(self.values(&format!("{name}.bias"), &[outputs])?);
        }
        Ok(Dense::new(&weights, &scales, &bias, inner, shift))
    }

    pub fn norm(&self, name: &str, width: usize, eps: f32) -> Result<Norm, String> {
        let part = |part: &str| self.values(&format!("{name}.{part}"), &[width]);
        Ok(Norm::new(part("weight")?, part("bias")?, eps))
    }
}
