//! Texts that are the same, or nearly: MinHash over character shingles finds candidates, an exact count confirms them.
//!
//! Broder, "On the resemblance and containment of documents" (1997); the banding is that of Leskovec, Rajaraman and
//! Ullman, "Mining of Massive Datasets", chapter 3.

use rayon::prelude::*;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Two texts are near duplicates from this share of common shingles on (Jaccard).
pub const NEAR: f32 = 0.8;

/// Characters a shingle. Chinese words have two mostly, so three span a word's edge.
const SHINGLE: usize = 3;
/// 16 bands of 4: at a Jaccard of 0.8 one pair in 4,600 is missed, at 0.9 none in practice.
const BANDS: usize = 16;
const DEPTH: usize = 4;
/// In a crowded bucket a row is compared with so many before it, not with all: a flood of one template stays linear, and
/// its rows are linked through their neighbours.
const NEIGHBOURS: usize = 24;

/// What of a text counts when two are compared: NFKC, lower case, letters and digits only.
///
/// ```
/// assert_eq!(fenzhen::data::normal("ＡＢＣ快递，太慢！ 3天"), "abc快递太慢3天");
/// ```
pub fn normal(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// Two texts and the share of shingles that they have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The earlier one.
    pub first: usize,
    pub second: usize,
    pub similarity: f32,
}

/// Which texts are equal once normalised, and which nearly so.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Likeness {
    /// Texts that are equal, two or more, in order of their first.
    pub equal: Vec<Vec<usize>>,
    /// Pairs of texts that are alike and not equal. Of equal ones only the first takes part.
    pub near: Vec<Pair>,
}

/// Compares every text with every other, in time that grows with their number, not its square. Texts without a letter or
/// a digit are like no other.
pub fn likeness(texts: &[impl AsRef<str> + Sync]) -> Likeness {
    let normals: Vec<String> = texts.par_iter().map(|text| normal(text.as_ref())).collect();
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, normal) in normals.iter().enumerate().filter(|(_, normal)| !normal.is_empty()) {
        groups.entry(normal).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_unstable();
    let firsts: Vec<usize> = groups.iter().map(|group| group[0]).collect();
    groups.retain(|group| group.len() > 1);
    let shingles: Vec<Vec<u32>> = firsts.par_iter().map(|&i| shingles(&normals[i])).collect();
    let near = near(&shingles).into_iter().map(|pair| Pair {
        first: firsts[pair.first],
        second: firsts[pair.second],
        similarity: pair.similarity,
    });
    Likeness { equal: groups, near: near.collect() }
}

/// A text as it is compared with single others, where all of a few must be held against all of some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles(Vec<u32>);

impl Shingles {
    pub fn of(text: &str) -> Self {
        Shingles(shingles(&normal(text)))
    }

    /// The share of shingles in common (Jaccard); from [`NEAR`] on, two texts are near copies. A text without a letter or a
    /// digit is like no other.
    ///
    /// ```
    /// use fenzhen::data::Shingles;
    /// let late = Shingles::of("快递太慢了！");
    /// assert_eq!(late.similarity(&Shingles::of("快递，太慢了")), 1.0);
    /// assert_eq!(late.similarity(&Shingles::of("客服态度差")), 0.0);
    /// ```
    pub fn similarity(&self, other: &Self) -> f32 {
        if self.0.is_empty() || other.0.is_empty() { 0.0 } else { jaccard(&self.0, &other.0) }
    }
}

/// Sets of texts that must not be parted: the smallest index of its set for every text.
pub fn clusters(count: usize, likeness: &Likeness) -> Vec<usize> {
    let mut sets = Sets::new(count);
    for group in &likeness.equal {
        for &other in &group[1..] {
            sets.join(group[0], other);
        }
    }
    for pair in &likeness.near {
        sets.join(pair.first, pair.second);
    }
    (0..count).map(|i| sets.root(i)).collect()
}

/// Disjoint sets whose root is their smallest member.
pub(super) struct Sets(Vec<usize>);

impl Sets {
    pub(super) fn new(count: usize) -> Self {
        Sets((0..count).collect())
    }

    pub(super) fn root(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

fn near(shingles: &[Vec<u32>]) -> Vec<Pair> {
    let signatures: Vec<[u32; BANDS * DEPTH]> = shingles.par_iter().map(|set| signature(set)).collect();
    let mut candidates: Vec<(u32, u32)> = (0..BANDS)
        .into_par_iter()
        .flat_map_iter(|band| {
            let mut keyed: Vec<(u64, u32)> = signatures
                .iter()
                .enumerate()
                .map(|(i, signature)| {
                    let part = &signature[band * DEPTH..][..DEPTH];
                    (part.iter().fold(0, |key, &h| mix(key ^ u64::from(h))), i as u32)
                })
                .collect();
            keyed.sort_unstable();
            let mut pairs = Vec::new();
            for bucket in keyed.chunk_by(|a, b| a.0 == b.0) {
                for (at, &(_, second)) in bucket.iter().enumerate() {
                    let from = at.saturating_sub(NEIGHBOURS);
                    pairs.extend(bucket[from..at].iter().map(|&(_, first)| (first, second)));
                }
            }
            pairs
        })
        .collect();
    candidates.par_sort_unstable();
    candidates.dedup();
    candidates
        .into_par_iter()
        .filter_map(|(first, second)| {
            let (first, second) = (first as usize, second as usize);
            let similarity = jaccard(&shingles[first], &shingles[second]);
            (similarity >= NEAR).then_some(Pair { first, second, similarity })
        })
        .collect()
}

/// The set of a text's shingles as sorted hashes; a text shorter than a shingle is one.
fn shingles(normal: &str) -> Vec<u32> {
    let chars: Vec<char> = normal.chars().collect();
    let mut set: Vec<u32> = chars
        .windows(SHINGLE.min(chars.len()).max(1))
        .map(|window| (window.iter().fold(0, |key, &c| mix(key ^ u64::from(c))) >> 32) as u32)
        .collect();
    set.sort_unstable();
    set.dedup();
    set
}

fn signature(set: &[u32]) -> [u32; BANDS * DEPTH] {
    std::array::from_fn(|k| {
        let salt = mix(k as u64 + 1);
        set.iter().map(|&h| (mix(u64::from(h) ^ salt) >> 32) as u32).min().unwrap_or(u32::MAX)
    })
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the key moves every bit of the result.
fn mix(key: u64) -> u64 {
    let z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The share of common members of two sorted sets.
fn jaccard(a: &[u32], b: &[u32]) -> f32 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    common as f32 / (a.len() + b.len() - common) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};

    /// Texts of random common characters: none is like another.
    fn noise(count: usize, seed: u64) -> Vec<String> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..count)
            .map(|_| {
                let length = random.random_range(20..80);
                (0..length).map(|_| char::from_u32(random.random_range(0x4e00..0x6e00)).unwrap()).collect()
            })
            .collect()
    }

    #[test]
    fn equal_but_for_marks_and_width_is_equal() {
        let texts = ["快递太慢了！ABC", "快递太慢了，ａｂｃ。", "快递 太慢了 abc", "客服态度差", "……", "！！"];
        let found = likeness(&texts);
        assert_eq!(found.equal, [[0, 1, 2]]);
        assert_eq!(clusters(texts.len(), &found), [0, 0, 0, 3, 4, 5]);
    }

    #[test]
    fn a_changed_word_in_a_long_complaint_is_near_and_another_complaint_is_not() {
        let texts = [
            "上周三在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费",
            "上周五在你们网店买的电饭煲，收到以后插电没有任何反应，换了三个插座都一样，要求退货退款并承担运费",
            "电饭煲收到以后一直没有开票，问了客服三次都说在处理，请尽快把发票发到我的邮箱，不然我要投诉你们公司",
        ];
        let found = likeness(&texts);
        assert_eq!(found.near.iter().map(|p| (p.first, p.second)).collect::<Vec<_>>(), [(0, 1)]);
        assert!(found.near[0].similarity > 0.8 && found.near[0].similarity < 1.0);
    }

    #[test]
    fn a_flood_of_one_template_is_one_set() {
        let body = "您好我的订单已经超过约定时间三天还没有送到客服电话也打不通请尽快核实处理并给我一个明确的答复谢谢";
        let texts: Vec<String> = (0..3000).map(|i| format!("{body}{i}")).collect();
        let found = likeness(&texts);
        assert!(found.near.len() < texts.len() * NEIGHBOURS * BANDS);
        assert!(clusters(texts.len(), &found).iter().all(|&root| root == 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn planted_near_duplicates_are_found_and_nothing_else(seed in any::<u64>()) {
            let mut texts = noise(300, seed);
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut planted = Vec::new();
            for first in (0..300).step_by(10) {
                let mut copy: Vec<char> = texts[first].chars().collect();
                if copy.len() < 40 {
                    continue;
                }
                // At the edge one change costs one shingle on each side. The noise has neither sign: a change that wrote
                // what stood there would leave an equal text, not a near one.
                let last = copy.len() - 1;
                copy[last] = '龙';
                if random.random_bool(0.5) {
                    copy[0] = '马';
                }
                planted.push((first, texts.len()));
                texts.push(copy.into_iter().collect());
            }
            let found: Vec<_> = likeness(&texts).near.iter().map(|p| (p.first, p.second)).collect();
            prop_assert_eq!(found, planted);
        }

        #[test]
        fn normalising_twice_is_normalising_once(text in "\\PC{0,40}") {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once);
        }
    }
}
