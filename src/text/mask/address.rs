use super::MaskKind;
use std::ops::Range;
pub fn find(_text: &str, _found: &mut Vec<(MaskKind, Range<usize>)>) {}
