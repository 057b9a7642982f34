//! The layers of the encoder as they are served: in 8-bit products, without padding, over slices.
//!
//! | part | what it does |
//! |---|---|
//! | [`kernel`] | products of bytes, for each kind of vector unit |
//! | [`Rows`] | activations to bytes, each row with its own scale, a value in one byte or two |
//! | [`Dense`] | a layer's weights in panels; bias and GELU where the product is still in the cache |
//! | `attention`, [`Norm`] | in f32 |
//! | [`Layer`] | one layer of the encoder |
//! | [`bf16`] | products for training, in bf16 |
//! | [`vector`] | loops compiled for the vector units that the machine has |
//!
//! Products are whole numbers and everything else is computed in a fixed order, so a text gets the same answer, bit for
//! bit, alone or among others, with any number of threads, on any kernel.
//!
//! A crate of its own, so that it runs at full speed also where the rest is built for quick tests.

mod attention;
pub mod bf16;
mod dense;
pub mod kernel;
mod layer;
mod norm;
mod rows;
pub mod vector;

pub use dense::{Dense, Finish};
pub use kernel::Kernel;
pub use layer::{Layer, Room, Run};
pub use norm::{Norm, moments};
pub use rows::{Bytes, Rows, Span};
