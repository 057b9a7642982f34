//! What is known of a complaint when it is held against others.

use super::shingles::Shingles;
use crate::{data::normal, desk::ticket::Number};
use jiff::Timestamp;
use std::{collections::BTreeSet, fmt};

/// A complaint: who, where, about what, in which words, when. Empty texts count as absent.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The complaint number.
    pub number: Number,
    /// The id of the customer.
    pub customer: Option<&'a str>,
    /// The blind index of the contact: equal for equal contacts, and telling nothing of them.
    pub contact: Option<&'a str>,
    /// Where it came in.
    pub channel: Option<&'a str>,
    /// The id of the order.
    pub order: Option<&'a str>,
    /// The product, in the channel's words.
    pub product: Option<&'a str>,
    /// The text with personal data masked.
    pub text: &'a str,
    /// When it came in.
    pub at: Timestamp,
}

/// A complaint that was there before, and how it stands.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    pub case: Case<'a>,
    /// When its ticket was closed; none while it is open. Of a ticket that was merged into another: how that one stands.
    pub closed: Option<Timestamp>,
}

/// By what two complaints are known to come from the same customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    Customer,
    Contact,
    Order,
}

/// What a complaint says beside its words, once for all comparisons.
pub(super) struct Read {
    pub shingles: Shingles,
    product: String,
    digits: BTreeSet<String>,
}

impl<'a> Case<'a> {
    /// A complaint of which only words and time are known.
    pub fn new(number: Number, text: &'a str, at: Timestamp) -> Self {
        Case { number, customer: None, contact: None, channel: None, order: None, product: None, text, at }
    }

    pub(super) fn read(&self) -> Read {
        Read {
            shingles: Shingles::of(self.text),
            product: self.product.map(normal).unwrap_or_default(),
            digits: long_digits(self.text),
        }
    }

    /// By what both come from the same customer; none where that is not known, or not so. Two ids that differ are two
    /// customers, even with one telephone or one order between them.
    pub(super) fn bond(&self, other: &Case) -> Option<Bond> {
        if both(self.customer, other.customer).is_some_and(|(a, b)| a != b) {
            return None;
        }
        let equal = |a, b| both(a, b).is_some_and(|(a, b)| a == b);
        if equal(self.customer, other.customer) {
            Some(Bond::Customer)
        } else if equal(self.contact, other.contact) {
            Some(Bond::Contact)
        } else if equal(self.order, other.order) {
            Some(Bond::Order)
        } else {
            None
        }
    }

    /// Whether they are known to come from two customers.
    pub(super) fn is_of_another(&self, other: &Case) -> bool {
        both(self.customer, other.customer).is_some_and(|(a, b)| a != b)
    }

    /// Whether it is the same order; none where one has none.
    pub(super) fn same_order(&self, other: &Case) -> Option<bool> {
        both(self.order, other.order).map(|(a, b)| a == b)
    }

    /// Whether it has neither customer id nor order.
    pub(super) fn is_nameless(&self) -> bool {
        given(self.customer).is_none() && given(self.order).is_none()
    }

    /// Who sent it, as far as that can be told; its own number where nothing is known.
    pub(super) fn party(&self) -> String {
        let known = [("customer", self.customer), ("contact", self.contact), ("order", self.order)];
        let known = known.into_iter().find_map(|(kind, id)| Some(format!("{kind} {}", given(id)?)));
        known.unwrap_or_else(|| format!("complaint {}", self.number))
    }
}

impl Read {
    /// Whether it is the same product; none where one names none.
    pub(super) fn same_product(&self, other: &Read) -> Option<bool> {
        (!self.product.is_empty() && !other.product.is_empty()).then(|| self.product == other.product)
    }

    /// Whether the texts name numbers of orders or parcels, and none in common.
    pub(super) fn names_other_numbers(&self, other: &Read) -> bool {
        !self.digits.is_empty() && !other.digits.is_empty() && self.digits.is_disjoint(&other.digits)
    }
}

/// Never the text, and no id of a person.
impl fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("number", &self.number.to_string()).field("at", &self.at).finish_non_exhaustive()
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn both<'a>(a: Option<&'a str>, b: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    Some((given(a)?, given(b)?))
}

/// Runs of so many digits are numbers of orders or parcels rather than sums, dates and counts.
const LONG: usize = 9;

fn long_digits(text: &str) -> BTreeSet<String> {
    let narrow: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
            other => other,
        })
        .collect();
    let runs = narrow.split(|c: char| !c.is_ascii_digit());
    runs.filter(|run| run.len() >= LONG).map(str::to_owned).collect()
}
