use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The shape of a BERT-style encoder: the fields of an HF `config.json` that the forward pass needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    #[serde(default = "small")]
    pub layer_norm_eps: f64,
    #[serde(default = "gelu")]
    pub hidden_act: String,
    #[serde(default = "absolute")]
    pub position_embedding_type: String,
    #[serde(default = "bert")]
    pub model_type: String,
    #[serde(default)]
    pub pad_token_id: usize,
}

fn two() -> usize {
    2
}
fn small() -> f64 {
    1e-12
}
fn gelu() -> String {
    "gelu".into()
}
fn absolute() -> String {
    "absolute".into()
}
fn bert() -> String {
    "bert".into()
}

impl EncoderConfig {
    /// Reads and checks a `config.json`.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::file(path, e))?;
        let fault = |reason: String| Error::Encoder { path: path.to_owned(), reason };
        let config: Self =
            serde_json::from_str(&text).map_err(|e| fault(format!("not an encoder's configuration: {e}")))?;
        config.check().map_err(fault)?;
        Ok(config)
    }

    /// What the forward pass cannot do is refused here, not answered wrongly later.
    pub fn check(&self) -> std::result::Result<(), String> {
        if !["bert", "roberta", "xlm-roberta"].contains(&self.model_type.as_str()) {
            return Err(format!("model_type {:?} is not supported: bert, roberta or xlm-roberta", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return Err(format!("hidden_act {:?} is not supported: gelu", self.hidden_act));
        }
        if self.position_embedding_type != "absolute" {
            return Err(format!(
                "position_embedding_type {:?} is not supported: absolute",
                self.position_embedding_type
            ));
        }
        if self.hidden_size == 0 || self.num_attention_heads == 0 || self.num_hidden_layers == 0 || self.vocab_size == 0
        {
            return Err("a size is zero".into());
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(format!("{} heads do not divide {}", self.num_attention_heads, self.hidden_size));
        }
        if self.max_pieces() < 8 {
            return Err(format!("max_position_embeddings {} is too small", self.max_position_embeddings));
        }
        Ok(())
    }

    /// RoBERTa numbers its positions from the padding id on; BERT from zero.
    pub fn first_position(&self) -> usize {
        if self.model_type == "bert" { 0 } else { self.pad_token_id + 1 }
    }

    /// The longest text that the position table holds.
    pub fn max_pieces(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.first_position())
    }
}
