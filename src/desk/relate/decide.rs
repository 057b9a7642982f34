//! What a new complaint is to earlier ones.

use super::{
    case::{Bond, Case, Earlier, Read},
    numbers::quoted_numbers,
    policy::RelatePolicy,
    sentence,
};
use crate::{
    desk::ticket::{Number, Relation},
    taxonomy::Name,
};

/// What an earlier complaint is to a new one, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The earlier one.
    pub other: Number,
    /// `Duplicate`: the new one tells the same again. `FollowUp`: the new one is about the same matter, and goes on.
    pub relation: Relation,
    /// How much speaks for it, 0 to 1; only for ranking.
    pub score: f64,
    /// Whether its ticket is open.
    pub open: bool,
    /// Whether both are known to come from one customer. A number can be quoted by anybody.
    pub same_customer: bool,
    /// One sentence a reason.
    pub reasons: Vec<Name>,
    /// Nothing but words such as 上次 or 催 speaks for it.
    words_only: bool,
}

/// What each kind of evidence is worth; together they count as independent (noisy or). The order of links follows from it,
/// never their kind.
const QUOTED: f64 = 0.99;
const ORDER: f64 = 0.8;
const PRODUCT: f64 = 0.5;
const WORDS: f64 = 0.6;

/// Holds a complaint against earlier ones, best link first; those that have nothing to do with it are left out. The
/// complaint itself may be among them. The order of `earlier` means nothing.
///
/// Candidates are the complaints of the same customer, contact or order, those that [`quoted_numbers`] names, and those
/// that share a key of the [`Fingerprint`](super::Fingerprint).
pub fn relate(new: &Case, earlier: &[Earlier], policy: &RelatePolicy) -> Vec<Link> {
    let read = new.read();
    let words = policy.referring_words(new.text);
    let quoted = quoted_numbers(new.text);
    let others = earlier.iter().filter(|earlier| earlier.case.number != new.number);
    let mut links: Vec<(&Earlier, Link)> = others
        .filter_map(|earlier| {
            let quotes = quoted.contains(&earlier.case.number);
            let pair = Pair { new, read: &read, words, quotes, earlier, policy };
            Some((earlier, pair.link()?))
        })
        .collect();
    links.sort_by(|(a, left), (b, right)| {
        let by_score = rank(left.relation).cmp(&rank(right.relation)).then(right.score.total_cmp(&left.score));
        // Of two that are as good, the open one, then the latest.
        by_score.then(right.open.cmp(&left.open)).then(b.case.at.cmp(&a.case.at)).then(right.other.cmp(&left.other))
    });
    let mut links: Vec<Link> = links.into_iter().map(|(_, link)| link).collect();
    keep_one_of_words(&mut links);
    links
}

/// The link whose ticket takes the new complaint up: the best duplicate or follow-up that is open, else the best that was
/// closed not long ago. None: the complaint is a matter of its own.
pub fn thread(links: &[Link]) -> Option<&Link> {
    let mut same = links.iter().filter(|link| link.relation != Relation::Related);
    same.clone().find(|link| link.open).or_else(|| same.next())
}

/// "上次的事" without more is about one matter: the best. To the others it is only related.
fn keep_one_of_words(links: &mut [Link]) {
    let mut known = links.iter().any(|link| link.relation != Relation::Related && !link.words_only);
    for link in links.iter_mut().filter(|link| link.relation == Relation::FollowUp && link.words_only) {
        if known {
            link.relation = Relation::Related;
        }
        known = true;
    }
    links.sort_by_key(|link| rank(link.relation));
}

fn rank(relation: Relation) -> u8 {
    match relation {
        Relation::Duplicate => 0,
        Relation::FollowUp => 1,
        Relation::Related => 2,
    }
}

struct Pair<'a> {
    new: &'a Case<'a>,
    read: &'a Read,
    /// Words of the new one that refer to something earlier.
    words: Option<&'a str>,
    /// Whether it names the number of the earlier one.
    quotes: bool,
    earlier: &'a Earlier<'a>,
    policy: &'a RelatePolicy,
}

impl Pair<'_> {
    fn link(&self) -> Option<Link> {
        let Pair { new, policy, .. } = *self;
        let old = &self.earlier.case;
        let read = old.read();
        let likeness = self.read.shingles.likeness(&read.shingles);
        let near = policy.is_near(likeness);
        let bond = new.bond(old);
        let (order, product) = (new.same_order(old), self.read.same_product(&read));
        let other_numbers = self.read.names_other_numbers(&read);
        let other_matter =
            order == Some(false) || product == Some(false) && order != Some(true) || other_numbers && order.is_none();
        // Who sends the same words again refers to nothing with them.
        let words = self.words.filter(|_| !(near && policy.referring_words(old.text).is_some()));
        let age = new.at.duration_since(old.at).abs();
        let open = self.earlier.closed.is_none();
        let alive = self.earlier.closed.is_none_or(|closed| new.at.duration_since(closed) < policy.follow_up_within);

        let mut reasons = Vec::new();
        let mut doubt = 1.0;
        let mut say = |worth: f64, reason: Name| {
            doubt *= 1.0 - worth;
            reasons.push(reason);
        };
        if self.quotes {
            say(QUOTED, sentence::quoted(old.number));
        }
        if let Some(bond) = bond.filter(|bond| *bond != Bond::Order) {
            say(0.0, sentence::bond(bond));
        }
        if order == Some(true) {
            say(ORDER, sentence::bond(Bond::Order));
        }
        if product == Some(true) {
            say(PRODUCT, sentence::product());
        }
        if near || likeness.jaccard >= policy.similar {
            say(likeness.jaccard, sentence::alike(likeness.jaccard, near));
        }
        if let Some(word) = words.filter(|_| bond.is_some()) {
            say(WORDS, sentence::words(word));
        }

        let same_matter = order == Some(true) || product == Some(true) || near || likeness.jaccard >= policy.similar;
        let refers = bond.is_some() && alive && !other_matter && (same_matter || words.is_some());
        // Words that are short mean nothing where another customer has them.
        let says_the_same = near && product != Some(false) && self.read.shingles.tell() && read.shingles.tell();
        let relation = if bond.is_some()
            && near
            && open
            && age < policy.duplicate_within
            && !other_matter
            && words.is_none()
            && !self.quotes
        {
            Relation::Duplicate
        } else if self.quotes && !new.is_of_another(old) || refers {
            Relation::FollowUp
        } else if self.quotes || order == Some(true) || age < policy.related_within && (bond.is_some() || says_the_same)
        {
            Relation::Related
        } else {
            return None;
        };
        let words_only = !same_matter && !self.quotes;
        if relation == Relation::Related {
            reasons.extend(sentence::why_only_related(new, old, bond.is_some(), near, other_matter, alive));
        } else {
            reasons.extend(sentence::standing(self.earlier.closed));
            reasons.extend(sentence::channels(old.channel, new.channel));
        }
        Some(Link {
            other: old.number,
            relation,
            score: 1.0 - doubt,
            open,
            same_customer: bond.is_some(),
            reasons,
            words_only,
        })
    }
}
