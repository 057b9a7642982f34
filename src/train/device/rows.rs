use crate::{classify::transformer::ops::attention::Rectangle, encode::Ragged};
use candle_core::{Device, Result, Tensor};

/// The shape of a batch: its pieces lie one after another, but attention multiplies rectangles, `length` pieces a text and zeros
/// behind its end.
pub struct Rows {
    pub rectangle: Rectangle,
    pub pieces: usize,
    pub heads: usize,
    /// Values of a head.
    pub size: usize,
    /// Where each text begins, and the number of pieces at the end.
    pub ends: Vec<usize>,
    /// The same on the device.
    pub starts: Tensor,
    /// Of every piece, its place among `texts * length`.
    pub places: Tensor,
}

impl Rows {
    pub fn of(batch: &Ragged, heads: usize, hidden: usize, device: &Device) -> Result<Self> {
        let ends = batch.starts.to_vec();
        let rectangle = Rectangle::of(&ends);
        let starts: Vec<u32> = ends.iter().map(|&at| at as u32).collect();
        Ok(Rows {
            rectangle,
            pieces: batch.ids.len(),
            heads,
            size: hidden / heads,
            starts: Tensor::from_vec(starts, ends.len(), device)?,
            places: Tensor::new(rectangle.places(&ends), device)?,
            ends,
        })
    }

    pub fn hidden(&self) -> usize {
        self.heads * self.size
    }

    /// Of a rectangle of queries, keys or values.
    pub fn cuboid(&self) -> [usize; 3] {
        [self.rectangle.texts * self.heads, self.rectangle.length, self.size]
    }

    /// Of the scores.
    pub fn square(&self) -> [usize; 3] {
        [self.rectangle.texts * self.heads, self.rectangle.length, self.rectangle.length]
    }
}
