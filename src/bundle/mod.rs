//! A trained model in a folder: written by the trainer, checked by hash, opened by the pipeline.
