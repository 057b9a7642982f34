//! Emoji, bracketed emotes and faces made of signs: kept as words, because they tell how the customer feels.

use super::fold::fold;
use super::glyph::{Glyph, Glyphs};
use serde::Deserialize;
use std::{collections::HashMap, sync::LazyLock};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    emoji: HashMap<String, String>,
    bracket: HashMap<String, Vec<String>>,
    kaomoji: HashMap<String, Vec<String>>,
}

struct Table {
    emoji: HashMap<char, String>,
    bracket: HashMap<String, String>,
    /// By first character, the longest first.
    kaomoji: HashMap<char, Vec<(Vec<char>, String)>>,
    longest_bracket: usize,
    /// Whether a face begins with this ASCII sign: most signs need no look at the table.
    ascii_faces: [bool; 128],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("emotes.toml")).expect("the built-in file is checked by a test");
    let mut table = Table {
        emoji: file.emoji.iter().flat_map(|(word, all)| all.chars().map(|c| (c, word.clone()))).collect(),
        bracket: file.bracket.iter().flat_map(|(word, all)| all.iter().map(|n| (n.clone(), word.clone()))).collect(),
        kaomoji: HashMap::new(),
        longest_bracket: 0,
        ascii_faces: [false; 128],
    };
    table.longest_bracket = table.bracket.keys().map(|n| n.chars().count()).max().unwrap_or(0);
    for (word, faces) in &file.kaomoji {
        for face in faces {
            // Texts are folded before they are compared, so the faces are too.
            let signs: Vec<char> = fold(face).iter().map(|g| g.c).collect();
            if let Some(begins) = table.ascii_faces.get_mut(signs[0] as usize) {
                *begins = true;
            }
            table.kaomoji.entry(signs[0]).or_default().push((signs, word.clone()));
        }
    }
    for faces in table.kaomoji.values_mut() {
        faces.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        faces.dedup_by(|a, b| a.0 == b.0);
    }
    table
});

/// How often the same emote may follow itself before the rest is dropped.
const LONGEST_RUN: usize = 3;

/// Replaces every emote by its word between spaces; unknown pictures by a space. True in the second place: some letter or
/// digit is left that is no emote, so the text says something.
pub fn replace(glyphs: &[Glyph]) -> (Vec<Glyph>, bool) {
    let table = &*TABLE;
    let mut out = Glyphs::with_capacity(glyphs.len() * 2);
    let mut has_words = false;
    let mut run: (&str, usize) = ("", 0);
    let mut i = 0;
    while i < glyphs.len() {
        let glyph = glyphs[i];
        let Some((len, word)) = emote_at(table, glyphs, i) else {
            has_words |= glyph.c.is_alphanumeric();
            if glyph.c != ' ' {
                run = ("", 0);
            }
            out.push(glyph);
            i += 1;
            continue;
        };
        let (from, to) = (glyph.from, glyphs[i + len - 1].to);
        i += len;
        run = if word == run.0 { (word, run.1 + 1) } else { (word, 1) };
        if word.is_empty() || run.1 > LONGEST_RUN {
            out.push(Glyph { c: ' ', from, to });
            continue;
        }
        out.push(Glyph { c: ' ', from, to: from });
        out.push_word(word, from, to);
        out.push(Glyph { c: ' ', from: to, to });
    }
    (out.finish(), has_words)
}

/// The emote that begins at `i`: how many glyphs it takes and its word, which is empty for an unknown picture.
fn emote_at<'t>(table: &'t Table, glyphs: &[Glyph], i: usize) -> Option<(usize, &'t str)> {
    let c = glyphs[i].c;
    if c.is_ascii_digit() || (('\u{4E00}'..='\u{9FFF}').contains(&c) && c != '凸' && c != '囧') {
        return None;
    }
    if c == '[' {
        return bracket_at(table, glyphs, i);
    }
    if c.is_ascii() && !table.ascii_faces[c as usize] {
        return None;
    }
    if let Some(faces) = table.kaomoji.get(&c)
        && let Some((signs, word)) = faces.iter().find(|(signs, _)| face_at(signs, glyphs, i))
    {
        return Some((signs.len(), word));
    }
    match table.emoji.get(&c) {
        Some(word) => Some((1, word)),
        None => is_picture(c).then_some((1, "")),
    }
}

fn bracket_at<'t>(table: &'t Table, glyphs: &[Glyph], i: usize) -> Option<(usize, &'t str)> {
    let inside = &glyphs[i + 1..glyphs.len().min(i + 2 + table.longest_bracket)];
    let len = inside.iter().position(|g| g.c == ']')?;
    let name: String = inside[..len].iter().map(|g| g.c).collect();
    table.bracket.get(&name).map(|word| (len + 2, word.as_str()))
}

fn face_at(signs: &[char], glyphs: &[Glyph], i: usize) -> bool {
    let end = i + signs.len();
    let Some(here) = glyphs.get(i..end) else { return false };
    if !here.iter().map(|g| &g.c).eq(signs) {
        return false;
    }
    // T_T inside ABT_TX is part of a code, -_- inside a longer line is a line.
    let joins = |edge: char, beside: char| {
        edge == beside || (edge.is_ascii_alphanumeric() && (beside.is_ascii_alphanumeric() || beside == '_'))
    };
    let before = i.checked_sub(1).is_some_and(|b| joins(signs[0], glyphs[b].c));
    let after = glyphs.get(end).is_some_and(|g| joins(signs[signs.len() - 1], g.c));
    !before && !after
}

/// Pictographs, flags, skin tones and private-use characters (the emoji of old phones).
fn is_picture(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FBFF}' | '\u{E000}'..='\u{F8FF}' | '\u{20E3}' | '\u{2700}'..='\u{2712}'
        | '\u{26A0}'..='\u{26FF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> (String, bool) {
        let (glyphs, has_words) = replace(&fold(text));
        (glyphs.iter().map(|g| g.c).collect(), has_words)
    }

    #[test]
    fn the_table_is_sound() {
        let table = &*TABLE;
        assert!(table.emoji.len() >= 150, "{} emoji", table.emoji.len());
        let words = table.emoji.values().chain(table.bracket.values());
        for word in words.chain(table.kaomoji.values().flatten().map(|(_, w)| w)) {
            assert_eq!(&replaced(word).0, word, "the word of an emote is clean itself");
        }
        for name in table.bracket.keys() {
            assert_eq!(fold(name).iter().map(|g| g.c).collect::<String>(), *name, "names are compared after folding");
        }
    }

    #[test]
    fn emoji_become_words_that_stand_alone() {
        assert_eq!(replaced("等了一周😡还没到👎🏻").0, "等了一周 愤怒 还没到 差评");
        assert_eq!(replaced("客服已读不回[怒][微笑]").0, "客服已读不回 愤怒 微笑");
        assert_eq!(replaced("又坏了T_T").0, "又坏了 大哭");
        assert_eq!(replaced("随便吧╮（╯▽╰）╭").0, "随便吧 无奈");
    }

    #[test]
    fn repeats_stop_at_three() {
        assert_eq!(replaced("😡😡😡😡😡😡退钱").0, "愤怒 愤怒 愤怒 退钱");
    }

    #[test]
    fn unknown_pictures_leave_a_gap() {
        assert_eq!(replaced("货🦩没到").0, "货 没到");
    }

    #[test]
    fn brackets_that_are_no_emote_stay() {
        assert_eq!(replaced("[PHONE]打不通[图片][订单]").0, "[PHONE]打不通[图片][订单]");
    }

    #[test]
    fn codes_are_no_faces() {
        assert_eq!(replaced("型号ABT_TX-5").0, "型号ABT_TX-5");
        assert_eq!(replaced("QAQ001号批次").0, "QAQ001号批次");
    }

    #[test]
    fn a_text_of_emotes_has_no_words() {
        assert!(!replaced("😡😡[怒]T_T！！").1);
        assert!(replaced("😡烂").1);
    }
}
