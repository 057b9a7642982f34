use crate::{Error, Result};
use fenzhen_layers::bf16::{self, Hand, Side};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

/// In what numbers matrix products are taken where training runs on a CPU; their sums are in f32, and so is all the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Products {
    /// 24 bits.
    #[default]
    F32,
    /// 8 bits, which is enough for gradients (Kalamkar et al. 2019), and nearly twice as fast: only on CPUs with AVX-512 BF16.
    Bf16,
}

impl Products {
    /// # Errors
    /// [`Error::Recipe`] where this machine cannot multiply so.
    pub fn check(self) -> Result<()> {
        if self == Products::F32 || bf16::available() {
            return Ok(());
        }
        let reason = "bf16 needs a CPU with AVX-512 BF16, which this one is not; train with --products f32".to_owned();
        Err(Error::Recipe { path: "rounds.products".into(), reason })
    }
}

/// A dense part's weight, packed for the way forth and the way back.
#[derive(Default)]
pub(super) struct PackedWeight {
    pub forth: Side,
    pub back: Side,
}

impl PackedWeight {
    /// Of `[outputs, inputs]`.
    pub fn pack(&mut self, weight: &[f32], outputs: usize, inputs: usize) {
        self.forth.pack_along(Hand::Right, weight, outputs, inputs, inputs);
        self.back.pack_across(Hand::Right, weight, inputs, outputs, inputs);
    }
}

/// Lends the room for a left side that every core keeps.
pub(super) fn with_left<R>(work: impl FnOnce(&mut Side) -> R) -> R {
    thread_local! {
        static LEFT: RefCell<Side> = RefCell::default();
    }
    LEFT.with_borrow_mut(work)
}
