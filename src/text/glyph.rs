//! The working form of a text while it is cleaned: characters that remember which bytes of the original they stand for.

/// One character of the cleaned text and the bytes of the original that it stands for.
///
/// Several glyphs may share one range (an emoji that became a word); ranges never go backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph {
    pub c: char,
    pub from: u32,
    pub to: u32,
}

/// How often the same character may follow itself: 啊啊啊啊啊啊 says no more than 啊啊啊.
const LONGEST_RUN: usize = 3;

/// Glyphs with the rules that hold between neighbours: one space at most, none in front, no long runs.
#[derive(Debug, Default)]
pub struct Glyphs {
    glyphs: Vec<Glyph>,
    run: usize,
}

impl Glyphs {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { glyphs: Vec::with_capacity(bytes / 2), run: 0 }
    }

    pub fn last(&self) -> Option<char> {
        self.glyphs.last().map(|g| g.c)
    }

    /// Adds a character, or lets the last one stand for it too where the rules drop it.
    pub fn push(&mut self, glyph: Glyph) {
        let Some(last) = self.glyphs.last_mut() else {
            if glyph.c != ' ' {
                self.glyphs.push(glyph);
                self.run = 1;
            }
            return;
        };
        if last.c != glyph.c {
            self.glyphs.push(glyph);
            self.run = 1;
            return;
        }
        self.run += 1;
        if glyph.c == ' ' || (self.run > LONGEST_RUN && shortens(glyph.c)) {
            last.to = last.to.max(glyph.to);
        } else {
            self.glyphs.push(glyph);
        }
    }

    /// Adds every character of `word` for the bytes `from..to`.
    pub fn push_word(&mut self, word: &str, from: u32, to: u32) {
        for c in word.chars() {
            self.push(Glyph { c, from, to });
        }
    }

    /// The finished glyphs, without a space at the end.
    pub fn finish(mut self) -> Vec<Glyph> {
        if self.last() == Some(' ') {
            self.glyphs.pop();
        }
        self.glyphs
    }
}

/// Numbers keep every digit. Square brackets are left alone because a placeholder may come to stand between them, and
/// cleaning its result again must not change it.
fn shortens(c: char) -> bool {
    !c.is_numeric() && c != '[' && c != ']'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(text: &str) -> Vec<Glyph> {
        let mut glyphs = Glyphs::default();
        for (i, c) in text.char_indices() {
            glyphs.push(Glyph { c, from: i as u32, to: (i + c.len_utf8()) as u32 });
        }
        glyphs.finish()
    }

    #[test]
    fn a_long_run_is_cut_to_three_and_the_last_stands_for_the_rest() {
        let glyphs = pushed("啊啊啊啊啊!");
        assert_eq!(glyphs.iter().map(|g| g.c).collect::<String>(), "啊啊啊!");
        assert_eq!((glyphs[2].from, glyphs[2].to), (6, 15));
    }

    #[test]
    fn digits_keep_their_run() {
        assert_eq!(pushed("1000000").len(), 7);
    }

    #[test]
    fn spaces_at_the_ends_go() {
        assert_eq!(pushed("  退 款  ").iter().map(|g| g.c).collect::<String>(), "退 款");
    }
}
