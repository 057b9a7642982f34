//! The encoder against Hugging Face's numbers, and the trainer against what it promises: every weight learns, the same seed
//! gives the same weights, a killed training ends where an unbroken one does; and the recipes that are shipped.

mod beyond_labels;
mod oracle;

mod recipes;
mod trainer;
