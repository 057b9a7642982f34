//! Which unlabelled texts a person should label next: those that a model is unsure of and that are unlike each other, and
//! some by chance, so that what the model is wrongly sure of is seen too.
//!
//! Uncertainty and diversity are multiplied and taken greedily, as in the k-center rule of Sener and Savarese, "Active
//! Learning for Convolutional Neural Networks: A Core-Set Approach" (ICLR 2018), over TF-IDF of characters.

mod doubt;
mod features;
#[cfg(test)]
mod tests;

pub use doubt::{Asked, Doubt};

use super::{NEAR, Shingles, normal};
use features::Features;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, HashSet},
};

/// How many are chosen, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub count: usize,
    /// Share of them that is drawn by chance.
    pub random: f64,
    pub seed: u64,
}

/// So many of the most uncertain texts are kept for each that is wanted, and never fewer than [`LEAST`]: memory stays
/// bounded however long the pool is.
const KEPT: usize = 20;
const LEAST: usize = 1000;
/// So many random ones are kept for each that is wanted, for some will be near copies.
const SPARE: usize = 8;

/// Why a text was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The model is unsure of it, and it is unlike the others.
    Uncertain,
    /// Drawn by chance.
    Random,
}

/// A chosen text.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen<T> {
    pub item: T,
    pub why: Why,
    pub doubt: Doubt,
    /// 1 less the cosine to the likest text chosen before it.
    pub distance: f32,
}

struct Candidate<T> {
    /// Place in the pool; breaks ties.
    place: usize,
    item: T,
    text: String,
    doubt: Doubt,
}

impl<T> Candidate<T> {
    fn order(&self) -> (f32, Reverse<usize>) {
        (self.doubt.uncertainty, Reverse(self.place))
    }
}

impl<T> PartialEq for Candidate<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Candidate<T> {}

impl<T> PartialOrd for Candidate<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Candidate<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.order(), other.order());
        a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
    }
}

/// Takes a pool text by text and chooses at its end.
pub struct Chooser<T> {
    settings: Settings,
    random: ChaCha8Rng,
    /// Hashes of the normal forms of all texts so far: a repeat is passed over at once.
    seen: HashSet<u64>,
    labelled: Vec<Shingles>,
    /// The least uncertain on top.
    uncertain: BinaryHeap<Reverse<Candidate<T>>>,
    /// A uniform sample of the pool (Vitter's algorithm R, 1985).
    reservoir: Vec<Candidate<T>>,
    offered: usize,
    /// Texts that stand in the pool or among the labelled ones already.
    pub repeats: usize,
}

impl<T: Clone> Chooser<T> {
    pub fn new(settings: Settings) -> Self {
        Chooser {
            settings,
            random: ChaCha8Rng::seed_from_u64(settings.seed),
            seen: HashSet::new(),
            labelled: Vec::new(),
            uncertain: BinaryHeap::new(),
            reservoir: Vec::new(),
            offered: 0,
            repeats: 0,
        }
    }

    /// A text that has labels already: neither it nor a near copy of it is chosen.
    pub fn labelled(&mut self, text: &str) {
        self.seen.insert(key(text));
        self.labelled.push(Shingles::of(text));
    }

    /// Whether the text was not there before; only then need a model be asked.
    pub fn is_new(&mut self, text: &str) -> bool {
        let new = self.seen.insert(key(text));
        self.repeats += usize::from(!new);
        new
    }

    /// Offers a text of the pool that [`Chooser::is_new`].
    pub fn offer(&mut self, item: T, text: &str, doubt: Doubt) {
        let place = self.offered;
        self.offered += 1;
        let candidate = || Candidate { place, item: item.clone(), text: text.to_owned(), doubt: doubt.clone() };
        let wanted = self.random_count() * SPARE;
        if self.reservoir.len() < wanted {
            self.reservoir.push(candidate());
        } else if wanted > 0 {
            let at = self.random.random_range(0..self.offered as u64) as usize;
            if at < wanted {
                self.reservoir[at] = candidate();
            }
        }
        let kept = (self.settings.count * KEPT).max(LEAST);
        let beaten = |top: &Reverse<Candidate<T>>| top.0.doubt.uncertainty < doubt.uncertainty;
        if self.uncertain.len() < kept || self.uncertain.peek().is_some_and(beaten) {
            self.uncertain.push(Reverse(candidate()));
            if self.uncertain.len() > kept {
                self.uncertain.pop();
            }
        }
    }

    /// How many are drawn by chance.
    fn random_count(&self) -> usize {
        (self.settings.count as f64 * self.settings.random.clamp(0.0, 1.0)).round() as usize
    }

    /// Chooses: first the random ones, so that chance alone decides about them, then the uncertain ones. There are fewer than
    /// were wanted where the pool has no more that are unlike each other.
    pub fn choose(mut self, done: &dyn Fn(usize)) -> Vec<Chosen<T>> {
        let random = self.random_count();
        self.reservoir.shuffle(&mut self.random);
        let reservoir = std::mem::take(&mut self.reservoir);
        let mut uncertain: Vec<Candidate<T>> =
            std::mem::take(&mut self.uncertain).into_iter().map(|Reverse(candidate)| candidate).collect();
        uncertain.sort_by(|a, b| b.cmp(a));
        let texts: Vec<&str> = uncertain.iter().chain(&reservoir).map(|c| c.text.as_str()).collect();
        let features = Features::of(&texts);
        let mut taken = Taken { known: std::mem::take(&mut self.labelled) };
        let mut distances = vec![1.0f32; uncertain.len()];
        let mut chosen = Vec::new();
        let closer = |distances: &mut [f32], to: usize| {
            distances.par_iter_mut().enumerate().for_each(|(i, distance)| {
                *distance = distance.min(1.0 - features.cosine(i, to));
            });
        };
        for (i, candidate) in reservoir.iter().enumerate() {
            if chosen.len() < random && taken.take(&candidate.text) {
                closer(&mut distances, uncertain.len() + i);
                chosen.push(candidate.chosen(Why::Random, 1.0));
                done(chosen.len());
            }
        }
        let mut open = vec![true; uncertain.len()];
        while chosen.len() < self.settings.count {
            let worth = |i: usize| uncertain[i].doubt.uncertainty * distances[i];
            // The first of equals is the more uncertain one: `max_by` keeps the last.
            let left = (0..uncertain.len()).rev().filter(|&i| open[i]);
            let Some(best) = left.max_by(|&a, &b| worth(a).total_cmp(&worth(b))) else { break };
            open[best] = false;
            if taken.take(&uncertain[best].text) {
                chosen.push(uncertain[best].chosen(Why::Uncertain, distances[best]));
                closer(&mut distances, best);
                done(chosen.len());
            }
        }
        chosen
    }
}

impl<T: Clone> Candidate<T> {
    fn chosen(&self, why: Why, distance: f32) -> Chosen<T> {
        Chosen { item: self.item.clone(), why, doubt: self.doubt.clone(), distance }
    }
}

/// What nothing that is chosen may be a near copy of.
struct Taken {
    known: Vec<Shingles>,
}

impl Taken {
    /// Takes a text unless it is a near copy.
    fn take(&mut self, text: &str) -> bool {
        let shingles = Shingles::of(text);
        let free = self.known.par_iter().all(|known| known.similarity(&shingles) < NEAR);
        if free {
            self.known.push(shingles);
        }
        free
    }
}

fn key(text: &str) -> u64 {
    let digest = Sha256::digest(normal(text).as_bytes());
    u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
}
