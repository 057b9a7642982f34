//! The first step of cleaning: one written form for what looks the same.
//!
//! NFKC (full width to half width, ligatures, compatibility forms), traditional to simplified, control and invisible
//! characters dropped, every kind of white space to one space, long runs shortened. Latin case stays: the encoders know
//! what to do with it.

use super::glyph::{Glyph, Glyphs};
use super::simplify::simplify;
use unicode_normalization::{IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick};

/// Folds the whole message.
pub fn fold(original: &str) -> Vec<Glyph> {
    let mut glyphs = Glyphs::with_capacity(original.len());
    let mut cluster = String::new();
    let mut chars = original.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let plain_next = chars.peek().is_none_or(|&(_, next)| is_plain(next));
        if plain_next && is_plain(c) {
            let to = (start + c.len_utf8()) as u32;
            let after = chars.peek().map(|&(_, next)| next);
            let c = if c.is_whitespace() { ' ' } else { simplify(glyphs.last(), c, after) };
            glyphs.push(Glyph { c, from: start as u32, to });
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        // Characters that may still combine with this one are normalised together.
        cluster.clear();
        cluster.push(c);
        let mut end = start + c.len_utf8();
        while let Some(&(at, next)) = chars.peek() {
            if is_invisible(next) {
                chars.next();
            } else if combines_backwards(next) {
                cluster.push(next);
                end = at + next.len_utf8();
                chars.next();
            } else {
                break;
            }
        }
        let after = chars.peek().map(|&(_, next)| next);
        push_normal(&mut glyphs, &cluster, start as u32, end as u32, after);
    }
    glyphs.finish()
}

fn push_normal(glyphs: &mut Glyphs, cluster: &str, from: u32, to: u32, after: Option<char>) {
    let mut normal = cluster.nfkc().filter(|&c| !is_invisible(c)).peekable();
    while let Some(c) = normal.next() {
        let c = if c.is_whitespace() { ' ' } else { simplify(glyphs.last(), c, normal.peek().copied().or(after)) };
        glyphs.push(Glyph { c, from, to });
    }
}

/// Characters that are their own normal form and never join the one before: the fast path for nearly all of a complaint.
fn is_plain(c: char) -> bool {
    (c.is_ascii() && (!c.is_control() || c.is_whitespace()))
        || ('\u{4E00}'..='\u{9FFF}').contains(&c)
        || matches!(c, '。' | '、' | '“' | '”' | '《' | '》')
}

/// Whether `c`, once normalised, may merge with or move before what stands in front of it.
fn combines_backwards(c: char) -> bool {
    if is_plain(c) {
        return false;
    }
    let mut first = None;
    unicode_normalization::char::decompose_compatible(c, |d| {
        first.get_or_insert(d);
    });
    let first = first.unwrap_or(c);
    canonical_combining_class(first) != 0 || is_nfc_quick(std::iter::once(first)) != IsNormalized::Yes
}

/// Control characters (but not white space), formatting characters, joiners, variation selectors and fillers: what a
/// reader does not see.
fn is_invisible(c: char) -> bool {
    if c.is_control() {
        return !c.is_whitespace();
    }
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{70F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFD}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold(text).iter().map(|g| g.c).collect()
    }

    #[test]
    fn full_width_becomes_half_width_and_traditional_simplified() {
        assert_eq!(folded("訂單號：ＡＢ１２３，　要求退款！！"), "订单号:AB123, 要求退款!!");
    }

    #[test]
    fn line_breaks_and_white_space_runs_become_one_space() {
        assert_eq!(folded("\r\n第一，少发货\r\n\r\n\t第二，不退款\u{2028}"), "第一,少发货 第二,不退款");
    }

    #[test]
    fn invisible_characters_vanish_even_inside_words() {
        assert_eq!(folded("退\u{200B}款\u{FEFF}，\u{202E}快\u{0}点"), "退款,快点");
    }

    #[test]
    fn combining_marks_join_across_invisible_characters() {
        assert_eq!(folded("cafe\u{200B}\u{301}"), "café");
        assert_eq!(folded("ｶ\u{FF9E}"), "ガ");
    }

    #[test]
    fn a_ligature_maps_to_the_whole_character() {
        let glyphs = fold("㎏重");
        assert_eq!(
            glyphs.iter().map(|g| (g.c, g.from, g.to)).collect::<Vec<_>>(),
            [('k', 0, 3), ('g', 0, 3), ('重', 3, 6)]
        );
    }

    #[test]
    fn latin_case_is_left_alone() {
        assert_eq!(folded("App闪退，iPhone 15"), "App闪退,iPhone 15");
    }
}
