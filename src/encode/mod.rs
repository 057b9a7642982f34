//! Stage 3: pieces for the transformer.
