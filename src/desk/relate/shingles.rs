//! Texts as sets of neighbouring characters.

use crate::data::normal;

/// Fewer shingles say too little: "快点处理" is every customer's.
const TELLING: usize = 12;

/// What every customer writes, whatever the matter; longer ones first, as the longest is taken out. Part of
/// [`super::Fingerprint::VERSION`].
const COURTESIES: [&str; 14] = [
    "请尽快处理",
    "请尽快解决",
    "请尽快核实",
    "麻烦尽快处理",
    "尽快处理",
    "尽快解决",
    "你好",
    "您好",
    "谢谢",
    "麻烦您",
    "麻烦",
    "请问",
    "要求",
    "拜托",
];

/// The pairs of neighbouring letters and digits of a text, as a sorted set: exact, not hashed. A text of one character is
/// one shingle, that character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shingles(Vec<u64>);

/// How much two texts have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// Common shingles among all (Jaccard), 0 to 1.
    pub jaccard: f64,
    /// Common shingles among those of the shorter, 0 to 1.
    pub contained: f64,
    /// Shingles of the shorter.
    pub least: usize,
}

impl Shingles {
    pub(super) fn of(text: &str) -> Self {
        let whole = normal(text);
        let told = COURTESIES.iter().fold(whole.clone(), |text, courtesy| text.replace(courtesy, ""));
        // Who is only polite is compared by that.
        let chars: Vec<char> = if told.is_empty() { whole } else { told }.chars().collect();
        let pair = |window: &[char]| window.iter().fold(0, |key, &c| (key << 32) | u64::from(u32::from(c)));
        let mut set: Vec<u64> = chars.windows(2.min(chars.len()).max(1)).map(pair).collect();
        set.sort_unstable();
        set.dedup();
        Shingles(set)
    }

    pub(super) fn as_slice(&self) -> &[u64] {
        &self.0
    }

    /// Whether there are enough of them to mean the same matter where another customer has them too.
    pub(super) fn tell(&self) -> bool {
        self.0.len() >= TELLING
    }

    /// Symmetric. A text without letters and digits is like nothing.
    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        let (a, b) = (&self.0, &other.0);
        let least = a.len().min(b.len());
        if least == 0 {
            return Likeness { jaccard: 0.0, contained: 0.0, least };
        }
        let (mut i, mut j, mut common) = (0, 0, 0usize);
        while i < a.len() && j < b.len() {
            let (left, right) = (a[i], b[j]);
            common += usize::from(left == right);
            i += usize::from(left <= right);
            j += usize::from(right <= left);
        }
        let jaccard = common as f64 / (a.len() + b.len() - common) as f64;
        Likeness { jaccard, contained: common as f64 / least as f64, least }
    }
}
