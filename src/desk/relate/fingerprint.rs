//! Keys under which nearly equal texts meet in an index.

use super::shingles::Shingles;

const BANDS: usize = 8;
const DEPTH: usize = 3;

/// Eight keys of a text; texts that are nearly the same have one in common, most probably.
///
/// MinHash (Broder 1997) over pairs of neighbouring characters, in 8 bands of 3 (Leskovec, Rajaraman and Ullman, *Mining of
/// Massive Datasets*, chapter 3). Two texts whose shingles agree to a Jaccard of J share a key with probability
/// 1 − (1 − J³)⁸: 97 % at 0.7, 99.7 % at 0.8, 20 % at 0.3. What meets is only a candidate; [`super::relate`] and
/// [`super::wave`] count exactly.
///
/// Store the keys as rows (key, product, time, complaint) with an index on key and time, and ask for
/// `key IN (…) AND at >= …`. The number of the band is part of a key, so one column does. They depend on nothing but the
/// text and [`Fingerprint::VERSION`]; a test holds them to numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([i64; BANDS]);

impl Fingerprint {
    /// Changes where the same text would get other keys: then stored ones must be made again.
    pub const VERSION: u32 = 1;

    /// The keys of a masked text; none where it is too short to tell it from others.
    pub fn of(masked: &str) -> Option<Self> {
        let shingles = Shingles::of(masked);
        let set = shingles.as_slice();
        shingles.tell().then(|| Fingerprint(std::array::from_fn(|band| key(set, band))))
    }

    /// As they are stored.
    pub fn keys(&self) -> [i64; BANDS] {
        self.0
    }
}

fn key(set: &[u64], band: usize) -> i64 {
    let smallest = |row: usize| {
        let salt = mix((band * DEPTH + row) as u64 + 1);
        set.iter().map(|&shingle| mix(shingle ^ salt)).min().unwrap_or(u64::MAX)
    };
    // Databases have signed integers only: the same bits.
    (0..DEPTH).fold(mix(band as u64), |key, row| mix(key ^ smallest(row))).cast_signed()
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the key moves every bit of the result.
fn mix(key: u64) -> u64 {
    let z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
