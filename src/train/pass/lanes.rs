use std::ops::Range;

/// Texts that go through the encoder together on one core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    pub texts: Range<usize>,
    pub pieces: Range<usize>,
}

/// Where there are more than two lanes, each has about so many pieces or more: every lane packs the weights anew, and with 160
/// that was a tenth of the time.
const PIECES: usize = 256;

/// Cuts a batch between texts, by nothing but their lengths: into a power of two, so that cores end together.
pub(super) fn cut(starts: &[usize]) -> Vec<Lane> {
    let (texts, pieces) = (starts.len() - 1, starts[starts.len() - 1]);
    // Two from the start: a core that does nothing costs more than packing.
    let wanted = ((pieces / PIECES).max(2) + 1).next_power_of_two() / 2;
    let mut lanes = Vec::with_capacity(wanted);
    let mut from = 0;
    for lane in 1..=wanted {
        let to = nearest(starts, pieces * lane / wanted).clamp(from, texts);
        if to > from {
            lanes.push(Lane { texts: from..to, pieces: starts[from]..starts[to] });
            from = to;
        }
    }
    lanes
}

/// The text whose start is the nearest to a piece.
fn nearest(starts: &[usize], piece: usize) -> usize {
    let after = starts.partition_point(|&start| start < piece).min(starts.len() - 1);
    let before = after.saturating_sub(1);
    if piece.abs_diff(starts[before]) < piece.abs_diff(starts[after]) { before } else { after }
}

/// A row-major buffer of `pieces` rows, cut into the lanes' rows.
pub(super) fn rows<'a>(mut rest: &'a mut [f32], pieces: usize, lanes: &[Lane]) -> impl Iterator<Item = &'a mut [f32]> {
    let width = rest.len() / pieces.max(1);
    let mut parts = Vec::with_capacity(lanes.len());
    for lane in lanes {
        let (part, tail) = rest.split_at_mut(lane.pieces.len() * width);
        parts.push(part);
        rest = tail;
    }
    parts.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_is_in_one_lane_and_none_is_empty(lengths in prop::collection::vec(1usize..400, 1..80)) {
            let mut starts = vec![0];
            starts.extend(lengths.iter().scan(0, |sum, n| { *sum += n; Some(*sum) }));
            let lanes = cut(&starts);
            let mut next = 0;
            for lane in &lanes {
                prop_assert!(lane.texts.start == next && lane.texts.end > next);
                prop_assert_eq!(lane.pieces.clone(), starts[lane.texts.start]..starts[lane.texts.end]);
                next = lane.texts.end;
            }
            prop_assert_eq!(next, lengths.len());
        }
    }

    #[test]
    fn lanes_are_even_in_number_and_alike() {
        let lanes = |texts: usize, length: usize| -> Vec<usize> {
            let starts: Vec<usize> = (0..=texts).map(|text| text * length).collect();
            cut(&starts).into_iter().map(|lane| lane.pieces.len()).collect()
        };
        assert_eq!(lanes(16, 64), [256; 4]);
        assert_eq!(lanes(16, 60), [480; 2]);
        assert_eq!(lanes(16, 8), [64; 2]);
        assert_eq!(lanes(32, 128), [256; 16]);
        assert_eq!(lanes(1, 300), [300]);
    }
}
