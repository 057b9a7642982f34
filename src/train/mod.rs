//! Learns from labelled rows what the pipeline serves.
