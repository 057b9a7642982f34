//! Free texts of the channel (regions, tiers, products) and the values that rules name for them.

/// A value that is matched whole, or from the beginning where it was written with a `*` at its end. Case and surrounding
/// blanks do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextPattern {
    Whole(String),
    Beginning(String),
}

impl TextPattern {
    /// # Errors
    /// What is wrong with the value: it is empty, or has a `*` elsewhere.
    pub(super) fn new(written: &str) -> Result<Self, String> {
        let value = written.trim().to_lowercase();
        let (text, whole) = match value.strip_suffix('*') {
            Some(beginning) => (beginning, false),
            None => (value.as_str(), true),
        };
        if text.is_empty() {
            return Err("a value is empty".into());
        }
        if text.contains('*') {
            return Err(format!("`{written}`: a `*` may only stand at the end"));
        }
        Ok(if whole { TextPattern::Whole(text.into()) } else { TextPattern::Beginning(text.into()) })
    }

    pub(super) fn fits(&self, value: &str) -> bool {
        let value = value.trim().to_lowercase();
        match self {
            TextPattern::Whole(text) => value == *text,
            TextPattern::Beginning(text) => value.starts_with(text.as_str()),
        }
    }

    /// Whether everything that `other` fits is also fitted by this.
    pub(super) fn covers(&self, other: &TextPattern) -> bool {
        match (self, other) {
            (TextPattern::Whole(all), TextPattern::Whole(one)) => all == one,
            (TextPattern::Whole(_), TextPattern::Beginning(_)) => false,
            (TextPattern::Beginning(all), TextPattern::Whole(one) | TextPattern::Beginning(one)) => {
                one.starts_with(all.as_str())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_match_whole_or_from_the_beginning() {
        for (written, value, fits) in [
            ("上海市", "上海市", true),
            ("上海市", "上海市浦东新区", false),
            ("上海*", "上海市浦东新区", true),
            ("上海*", "北京市", false),
            ("VIP", " vip ", true),
            ("SKU-1*", "sku-100", true),
        ] {
            assert_eq!(TextPattern::new(written).unwrap().fits(value), fits, "{written} / {value}");
        }
    }

    #[test]
    fn empty_values_and_inner_stars_are_refused() {
        for written in ["", "  ", "*", "上*海", "**"] {
            assert!(TextPattern::new(written).is_err(), "{written}");
        }
    }

    proptest! {
        #[test]
        fn what_is_covered_is_fitted(all in "[ab]{1,3}[*]?", one in "[ab]{1,3}[*]?", value in "[ab]{0,4}") {
            let (all, one) = (TextPattern::new(&all).unwrap(), TextPattern::new(&one).unwrap());
            prop_assert!(!(all.covers(&one) && one.fits(&value)) || all.fits(&value));
        }
    }
}
