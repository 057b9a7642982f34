use super::lanes::{Lane, rows};
use crate::classify::transformer::EncoderConfig;
use std::ops::Range;

/// What a layer leaves for the way back: `[pieces, …]` each, row-major.
#[derive(Default)]
pub(super) struct Kept<T> {
    pub qkv: T,
    /// What attention saw.
    pub seen: T,
    /// With the layer's input, before the first norm.
    pub sum: T,
    pub mid: T,
    /// Before the activation.
    pub wide: T,
    pub active: T,
    /// Before the second norm.
    pub last: T,
    /// What the layer gives.
    pub state: T,
}

/// The gradients of what a layer's four dense parts give.
#[derive(Default)]
pub(super) struct Slopes<T> {
    pub qkv: T,
    pub output: T,
    pub up: T,
    pub down: T,
}

/// The buffers of a pass. They grow with the largest batch and are never cleared: a step writes all that it reads.
pub(super) struct Room {
    hidden: usize,
    wide: usize,
    pieces: usize,
    /// Word, position and kind, before the first norm.
    pub sum: Vec<f32>,
    /// What the first layer gets.
    pub first: Vec<f32>,
    pub layers: Vec<Kept<Vec<f32>>>,
    /// Of one layer at a time.
    pub slopes: Slopes<Vec<f32>>,
}

impl Room {
    pub fn new(config: &EncoderConfig) -> Self {
        Room {
            hidden: config.hidden_size,
            wide: config.intermediate_size,
            pieces: 0,
            sum: Vec::new(),
            first: Vec::new(),
            layers: (0..config.num_hidden_layers).map(|_| Kept::default()).collect(),
            slopes: Slopes::default(),
        }
    }

    pub fn pieces(&self) -> usize {
        self.pieces
    }

    /// Makes room for so many pieces.
    pub fn fit(&mut self, pieces: usize) {
        let (h, w) = (pieces * self.hidden, pieces * self.wide);
        self.pieces = pieces;
        self.sum.resize(h, 0.0);
        self.first.resize(h, 0.0);
        for kept in &mut self.layers {
            let Kept { qkv, seen, sum, mid, wide, active, last, state } = kept;
            [seen, sum, mid, last, state].into_iter().for_each(|buffer| buffer.resize(h, 0.0));
            [wide, active].into_iter().for_each(|buffer| buffer.resize(w, 0.0));
            qkv.resize(3 * h, 0.0);
        }
        let Slopes { qkv, output, up, down } = &mut self.slopes;
        [output, down].into_iter().for_each(|buffer| buffer.resize(h, 0.0));
        qkv.resize(3 * h, 0.0);
        up.resize(w, 0.0);
    }

    /// The states that the last layer gave.
    pub fn last(&self) -> &[f32] {
        self.layers.last().map_or(&self.first, |kept| &kept.state)
    }
}

impl Kept<Vec<f32>> {
    /// The lanes' parts, to be written.
    pub fn cut<'a>(&'a mut self, pieces: usize, lanes: &[Lane]) -> Vec<Kept<&'a mut [f32]>> {
        let parts = rows(&mut self.qkv, pieces, lanes)
            .zip(rows(&mut self.seen, pieces, lanes))
            .zip(rows(&mut self.sum, pieces, lanes))
            .zip(rows(&mut self.mid, pieces, lanes))
            .zip(rows(&mut self.wide, pieces, lanes))
            .zip(rows(&mut self.active, pieces, lanes))
            .zip(rows(&mut self.last, pieces, lanes))
            .zip(rows(&mut self.state, pieces, lanes));
        parts
            .map(|(((((((qkv, seen), sum), mid), wide), active), last), state)| Kept {
                qkv,
                seen,
                sum,
                mid,
                wide,
                active,
                last,
                state,
            })
            .collect()
    }
}

impl Slopes<Vec<f32>> {
    /// The lanes' parts, to be written.
    pub fn cut<'a>(&'a mut self, pieces: usize, lanes: &[Lane]) -> Vec<Slopes<&'a mut [f32]>> {
        let parts = rows(&mut self.qkv, pieces, lanes)
            .zip(rows(&mut self.output, pieces, lanes))
            .zip(rows(&mut self.up, pieces, lanes))
            .zip(rows(&mut self.down, pieces, lanes));
        parts.map(|(((qkv, output), up), down)| Slopes { qkv, output, up, down }).collect()
    }
}

/// The rows of some pieces of a row-major buffer.
pub(super) fn part<'a>(buffer: &'a [f32], width: usize, pieces: &Range<usize>) -> &'a [f32] {
    &buffer[pieces.start * width..pieces.end * width]
}
