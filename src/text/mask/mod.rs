//! Personal data in a cleaned text: what it is and where.
//!
//! Recall matters where the shape is sure (a mobile number, an identity number with its check digit); where it is not,
//! the words in front decide. Numbers of orders, parcels and invoices and sums of money are never personal data.

mod account;
mod address;
mod card;
mod digits;
mod email;
mod identity;
mod number;
mod phone;
mod plate;
mod spoken;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskKind {
    /// Mobile and land line numbers.
    Phone,
    Email,
    /// Identity card numbers, and passport numbers where the text says that they are.
    Id,
    /// Bank cards.
    Card,
    /// Licence plates.
    Plate,
    /// Addresses down to the building.
    Address,
    /// QQ and WeChat names where the text says that they are.
    Account,
}

impl MaskKind {
    /// What stands in the text instead.
    pub fn placeholder(self) -> &'static str {
        match self {
            MaskKind::Phone => "[PHONE]",
            MaskKind::Email => "[EMAIL]",
            MaskKind::Id => "[ID]",
            MaskKind::Card => "[CARD]",
            MaskKind::Plate => "[PLATE]",
            MaskKind::Address => "[ADDRESS]",
            MaskKind::Account => "[ACCOUNT]",
        }
    }

    /// Every kind, in the order of the enum.
    pub const ALL: [MaskKind; 7] = [
        MaskKind::Phone,
        MaskKind::Email,
        MaskKind::Id,
        MaskKind::Card,
        MaskKind::Plate,
        MaskKind::Address,
        MaskKind::Account,
    ];
}

/// Personal data found in a message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mask {
    pub kind: MaskKind,
    /// Bytes of the original message.
    pub range: Range<usize>,
}

/// Finds personal data in a cleaned text: byte ranges in order, none overlapping. Takes time linear in the text.
pub fn find(text: &str) -> Vec<(MaskKind, Range<usize>)> {
    let mut found = Vec::new();
    email::find(text, &mut found);
    number::find(text, &mut found);
    spoken::find(text, &mut found);
    account::find(text, &mut found);
    plate::find(text, &mut found);
    address::find(text, &mut found);
    if found.len() > 1 {
        // The longer of two that overlap wins; a stable sort keeps the order above among equals.
        found.sort_by_key(|(_, r): &(MaskKind, Range<usize>)| (r.start, std::cmp::Reverse(r.end)));
        let mut kept: Vec<(MaskKind, Range<usize>)> = Vec::with_capacity(found.len());
        for (kind, range) in found {
            match kept.last() {
                Some((_, last)) if range.start < last.end => {}
                _ => kept.push((kind, range)),
            }
        }
        return kept;
    }
    found
}
