//! The linear model: words and character n-grams, the baseline beside every number.
