//! Names under which processes meet.

use super::Rule;
use crate::data::normal;

/// Characters of a name that are kept whole.
const KEPT: usize = 60;

/// A product as it is counted and indexed: width, case, blanks and marks do not matter. A long name is cut, with a hash of
/// the whole at its end. None where nothing is left.
///
/// ```
/// use fenzhen::desk::incident::product_key;
/// assert_eq!(product_key("ｉＰｈｏｎｅ 15（黑色）").as_deref(), Some("iphone15黑色"));
/// assert_eq!(product_key(" - "), None);
/// ```
pub fn product_key(product: &str) -> Option<String> {
    let name = normal(product);
    if name.is_empty() {
        return None;
    }
    Some(match name.char_indices().nth(KEPT) {
        None => name,
        Some((end, _)) => format!("{}~{:016x}", &name[..end], fnv1a(&name)),
    })
}

/// The key of an incident: rule, subject, and how many incidents of that subject were closed before. Two processes that
/// find the same at the same time make the same key; one of them meets the other's row (a unique column), and joins.
///
/// The subject is a [`product_key`], or [`Pair::subject`](super::Pair::subject).
pub fn incident_key(rule: Rule, subject: &str, closed_before: u32) -> String {
    format!("{}/{subject}/{}", rule.id(), closed_before.saturating_add(1))
}

/// FNV-1a (Fowler, Noll and Vo), 64 bits: stable everywhere.
pub(super) fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
