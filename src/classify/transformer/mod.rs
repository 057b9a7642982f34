//! The transformer: a BERT-style encoder with a head a question.
