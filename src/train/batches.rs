use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// How many batches are sorted by length together: enough for batches of like length, few enough to stay random.
const BATCHES_A_POOL: usize = 32;

/// The batches of one round as indices into the rows: shuffled, with texts of like length together, the same for the same
/// seed and round.
pub fn batches(lengths: &[usize], batch: usize, seed: u64, round: usize) -> Vec<Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add((round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(&mut rng);
    for pool in order.chunks_mut(batch * BATCHES_A_POOL) {
        pool.sort_by_key(|&i| lengths[i]);
    }
    let mut batches: Vec<Vec<usize>> = order.chunks(batch).map(<[usize]>::to_vec).collect();
    batches.shuffle(&mut rng);
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_comes_once_a_round(lengths in prop::collection::vec(1usize..200, 1..300), batch in 1usize..40, seed: u64) {
            let mut seen: Vec<usize> = batches(&lengths, batch, seed, 3).concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rounds_differ_and_repeat() {
        let lengths: Vec<usize> = (1..100).collect();
        assert_eq!(batches(&lengths, 8, 1, 0), batches(&lengths, 8, 1, 0));
        assert_ne!(batches(&lengths, 8, 1, 0), batches(&lengths, 8, 1, 1));
    }
}
