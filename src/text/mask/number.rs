//! Everything that is made of digits, found as whole blocks: never inside a longer number.

use super::{
    MaskKind, card,
    digits::{Block, Joint, Place, blocks},
    identity, phone,
    words::{Announced, announced, only_lists},
};
use std::ops::Range;

/// A number that was recognised: its kind, how many blocks it takes, its bytes.
pub type Hit = (MaskKind, usize, Range<usize>);

/// The fewest digits that personal data has, and the most blocks that it is written in.
const SHORTEST: usize = 7;
const MOST_BLOCKS: usize = 11;

/// The most letters that open the number of an order.
const LONGEST_PREFIX: usize = 8;

/// Adds every number that is personal data.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    let blocks = blocks(text);
    // Where the last number of an order or the like ended: a list goes on with the same.
    let mut business_end = None;
    let mut at = 0;
    while at < blocks.len() {
        let start = blocks[at].range.start;
        let place = Place { text, blocks: &blocks, at, announced: Announced::Nothing };
        if place.lengths(MOST_BLOCKS).sum::<usize>() < SHORTEST {
            at += 1;
            continue;
        }
        let mut announced = announced_before(&text[..start]);
        if announced == Announced::Nothing && business_end.is_some_and(|end| only_lists(&text[end..start])) {
            announced = Announced::Business;
        }
        if matches!(announced, Announced::Business | Announced::Money) {
            while blocks.get(at + 1).is_some_and(|next| goes_on(&blocks[at], next)) {
                at += 1;
            }
            business_end = (announced == Announced::Business).then_some(blocks[at].range.end);
            at += 1;
            continue;
        }
        let place = Place { announced, ..place };
        match identity::at(&place).or_else(|| card::at(&place)).or_else(|| phone::at(&place)) {
            Some((kind, count, range)) => {
                found.push((kind, range));
                at += count;
            }
            None => at += 1,
        }
    }
}

/// What is announced before a number, or before the letters that open it: 订单号Q0300….
fn announced_before(before: &str) -> Announced {
    let letters = before.bytes().rev().take(LONGEST_PREFIX).take_while(|b| b.is_ascii_alphabetic() || *b == b'-').count();
    match announced(before) {
        Announced::Nothing if letters > 0 => match announced(&before[..before.len() - letters]) {
            Announced::Business => Announced::Business,
            _ => Announced::Nothing,
        },
        what => what,
    }
}

/// Whether a number that is announced as no personal data goes on with `next`: after a hyphen always, after a space as
/// another group of a few digits.
fn goes_on(block: &Block, next: &Block) -> bool {
    match next.joint {
        Joint::Other | Joint::Bracket => false,
        Joint::Hyphen => true,
        Joint::Space => block.range.len() <= 6 && next.range.len() <= 6,
    }
}
