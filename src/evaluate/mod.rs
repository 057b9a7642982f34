//! Measures predictions against labels.
