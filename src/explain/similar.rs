use crate::{
    Error, Result,
    classify::{
        Head,
        transformer::{Storage, Stored, quantize},
    },
    data::labels,
    taxonomy::Taxonomy,
};
use candle_core::{Device, Tensor};
use fenzhen_layers::vectorised;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// A labelled complaint that a bundle keeps to show beside others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// Masked.
    pub text: String,
    /// The ids of the labels that were given to it.
    pub labels: BTreeMap<Head, String>,
}

/// Labelled complaints by what the transformer makes of them: how alike two are is the cosine of their pooled vectors, less the
/// mean of all that are kept (without which all texts look alike: Ethayarajh 2019).
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    rows: Vec<Labelled>,
    /// `[rows, width]`, each of length one.
    vectors: Stored,
    /// `[width]`.
    mean: Vec<f32>,
}

const VECTORS: &str = "vectors";
const MEAN: &str = "mean";

/// How they are stored.
pub struct SimilarFiles {
    /// A [`Labelled`] a line, as JSON.
    pub lines: String,
    /// Safetensors: `vectors` and `mean`.
    pub tensors: Vec<u8>,
}

impl SimilarFiles {
    /// Of complaints and their pooled vectors; of the same text twice, the first is kept.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where there are none.
    pub fn of(rows: Vec<Labelled>, pooled: Vec<Vec<f32>>) -> Result<Self> {
        let mut seen = HashSet::new();
        let kept = rows.into_iter().zip(pooled).filter(|(row, _)| seen.insert(row.text.clone()));
        let (rows, pooled): (Vec<Labelled>, Vec<Vec<f32>>) = kept.unzip();
        let Some(width) = pooled.first().map(Vec::len) else {
            let (what, reason) = ("[similar]".into(), "its files hold no text that can be read".into());
            return Err(Error::InvalidRequest { what, reason });
        };
        let mut mean = vec![0.0f32; width];
        for vector in &pooled {
            mean.iter_mut().zip(vector).for_each(|(mean, x)| *mean += x / pooled.len() as f32);
        }
        let vectors: Vec<f32> = pooled.iter().flat_map(|vector| direction(vector, &mean)).collect();
        let tensors = BTreeMap::from([
            (VECTORS.to_owned(), Tensor::from_vec(vectors, (rows.len(), width), &Device::Cpu)?),
            (MEAN.to_owned(), Tensor::from_vec(mean, width, &Device::Cpu)?),
        ]);
        let line = |row: &Labelled| serde_json::to_string(row).map_err(|e| Error::Internal(e.to_string()));
        let lines: Vec<String> = rows.iter().map(line).collect::<Result<_>>()?;
        Ok(SimilarFiles { lines: lines.join("\n") + "\n", tensors: quantize::to_bytes(&tensors, Storage::Int8)? })
    }

    /// What they hold; the error is a sentence.
    pub fn open(&self) -> std::result::Result<Similar, String> {
        let row = |(at, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|e| format!("complaint {} to show: {e}", at + 1))
        };
        let rows: Vec<Labelled> = self.lines.lines().enumerate().map(row).collect::<std::result::Result<_, _>>()?;
        let mut tensors = quantize::parse(&self.tensors).map_err(|e| format!("vectors of complaints to show: {e}"))?;
        let mut take =
            |name: &str| tensors.remove(name).ok_or_else(|| format!("the complaints to show have no tensor {name}"));
        let (vectors, mean) = (take(VECTORS)?, take(MEAN)?.to_values());
        if vectors.shape() != [rows.len(), mean.len()] || mean.iter().any(|number| !number.is_finite()) {
            let (rows, width, shape) = (rows.len(), mean.len(), vectors.shape());
            return Err(format!("{rows} complaints to show have vectors of shape {shape:?} and a mean of {width}"));
        }
        Ok(Similar { rows, vectors, mean })
    }
}

impl Similar {
    /// What does not fit a taxonomy, or a transformer whose vectors have this width, as a sentence.
    pub fn fault(&self, taxonomy: &Taxonomy, width: Option<usize>) -> Option<String> {
        if width != Some(self.mean.len()) {
            return Some("the vectors of the complaints to show are of another transformer".into());
        }
        let unknown = self.rows.iter().enumerate().find_map(|(at, row)| {
            let wrong =
                |(head, label): &(&Head, &String)| labels(taxonomy, **head).all(|known| known != label.as_str());
            row.labels.iter().find(wrong).map(|(head, _)| (at + 1, head.name()))
        });
        unknown.map(|(at, head)| format!("complaint {at} to show: no such {head} in the taxonomy"))
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The complaints that are the most like a text, by its pooled vector, each with its cosine: the most alike first, and of
    /// those that are equally so the one that was kept first.
    ///
    /// # Panics
    /// If the vector has another width than those that are kept.
    pub fn nearest(&self, pooled: &[f32], count: usize) -> Vec<(&Labelled, f32)> {
        assert_eq!(pooled.len(), self.mean.len(), "the vector is of another model");
        let direction: Vec<f32> = direction(pooled, &self.mean).collect();
        let width = direction.len();
        let mut cosines: Vec<(usize, f32)> = match &self.vectors {
            Stored::Bytes { values, scales, .. } => {
                let rows = values.chunks_exact(width).zip(scales);
                rows.map(|(row, scale)| scale * inner_bytes(row, &direction)).enumerate().collect()
            }
            Stored::Values { values, .. } => {
                let inner = |row: &[f32]| row.iter().zip(&direction).map(|(a, b)| a * b).sum();
                values.chunks_exact(width).map(inner).enumerate().collect()
            }
        };
        cosines.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        cosines.into_iter().take(count).map(|(at, cosine)| (&self.rows[at], cosine.clamp(-1.0, 1.0))).collect()
    }
}

/// The vector from the mean on, of length one; zeros where it is the mean.
fn direction<'a>(vector: &'a [f32], mean: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
    let length = vector.iter().zip(mean).map(|(x, m)| (x - m) * (x - m)).sum::<f32>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    vector.iter().zip(mean).map(move |(x, m)| (x - m) * scale)
}

vectorised! {
    fn inner_bytes(row: &[i8], vector: &[f32]) -> f32 {
        let mut lanes = [0.0f32; 8];
        let (rows, vectors) = (row.chunks_exact(8), vector.chunks_exact(8));
        let rest: f32 = rows.remainder().iter().zip(vectors.remainder()).map(|(&a, b)| f32::from(a) * b).sum();
        for (row, vector) in rows.zip(vectors) {
            for ((lane, &a), &b) in lanes.iter_mut().zip(row).zip(vector) {
                *lane = f32::from(a).mul_add(b, *lane);
            }
        }
        lanes.iter().sum::<f32>() + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, category: &str) -> Labelled {
        Labelled { text: text.into(), labels: BTreeMap::from([(Head::Category, category.into())]) }
    }

    /// Vectors in a plane, beside what all have in common; as wide as those that are stored in bytes.
    fn at(degrees: f32) -> Vec<f32> {
        let mut vector = vec![5.0; 64];
        vector[3] += degrees.to_radians().cos();
        vector[40] += degrees.to_radians().sin();
        vector
    }

    fn four() -> SimilarFiles {
        let rows =
            ["快递三天没动静", "客服不接电话", "快递三天没动静", "鞋子开胶了"].map(|text| row(text, "other.empty"));
        SimilarFiles::of(rows.into(), vec![at(0.0), at(120.0), at(7.0), at(240.0)]).unwrap()
    }

    #[test]
    fn the_nearest_come_first_and_no_text_twice() {
        let similar = four().open().unwrap();
        assert_eq!(similar.len(), 3);
        let nearest = similar.nearest(&at(100.0), 2);
        assert_eq!(
            nearest.iter().map(|(row, _)| row.text.as_str()).collect::<Vec<_>>(),
            ["客服不接电话", "快递三天没动静"]
        );
        let expected = [20.0f32, 100.0].map(|degrees| degrees.to_radians().cos());
        for ((_, cosine), expected) in nearest.iter().zip(expected) {
            assert!((cosine - expected).abs() < 0.02, "{cosine} for {expected}");
        }
        assert_eq!(similar.nearest(&similar.mean, 9).len(), 3, "the mean itself lies nowhere");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let taxonomy = Taxonomy::retail();
        let mut files = four();
        let similar = files.open().unwrap();
        assert_eq!(similar.fault(&taxonomy, Some(64)), None);
        assert!(similar.fault(&taxonomy, Some(512)).unwrap().contains("another transformer"));
        assert!(similar.fault(&taxonomy, None).is_some());
        let lines = files.lines.clone();
        files.lines = lines.replacen("other.empty", "other.nonsense", 1);
        let told = files.open().unwrap().fault(&taxonomy, Some(64)).unwrap();
        assert_eq!(told, "complaint 1 to show: no such category in the taxonomy");
        files.lines = lines.lines().next().unwrap().into();
        assert!(files.open().unwrap_err().starts_with("1 complaints to show have vectors"));
        files.lines = "{\"text\": \"快递\"".into();
        let told = files.open().unwrap_err();
        assert!(told.starts_with("complaint 1 to show") && !told.contains("快递"), "{told}");
    }

    #[test]
    fn nothing_to_keep_is_refused() {
        assert!(SimilarFiles::of(vec![], vec![]).is_err());
    }
}
