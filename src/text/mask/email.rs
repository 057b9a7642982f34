//! E-mail addresses.

use super::MaskKind;
use std::ops::Range;

/// The longest local part and domain (RFC 5321), which also bound the work for each @.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// Adds every address: a local part, @, and a domain with a dot and a top level of letters.
pub fn find(text: &str, found: &mut Vec<(MaskKind, Range<usize>)>) {
    let bytes = text.as_bytes();
    let mut searched = 0;
    for (at, _) in text.match_indices('@') {
        let local = bytes[searched..at].iter().rev().take(LONGEST_LOCAL).take_while(|b| is_local(**b)).count();
        let domain = bytes[at + 1..].iter().take(LONGEST_DOMAIN).take_while(|b| is_domain(**b)).count();
        let domain = text[at + 1..at + 1 + domain].trim_end_matches(['.', '-']);
        let top = domain.rsplit('.').next().unwrap_or_default();
        let fits = local > 0
            && domain.contains('.')
            && !domain.starts_with('.')
            && top.len() >= 2
            && top.bytes().any(|b| b.is_ascii_alphabetic());
        if fits {
            searched = at + 1 + domain.len();
            found.push((MaskKind::Email, at - local..searched));
        }
    }
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}
