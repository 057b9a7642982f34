use crate::{Bytes, Dense, Finish, Kernel, Norm, Rows, attention::attend};
use rayon::prelude::*;

/// What one pass through the layers needs to know.
#[derive(Clone, Copy)]
pub struct Run {
    pub kernel: Kernel,
    pub hidden: usize,
    pub heads: usize,
    /// Threads that share the work on these texts.
    pub parts: usize,
}

/// One layer of the encoder (Devlin et al. 2019). Query stands apart from key and value: the last layer needs the queries
/// of few pieces only.
pub struct Layer {
    pub query: Dense,
    pub keys_values: Dense,
    pub joined: Dense,
    pub first_norm: Norm,
    pub wide: Dense,
    pub narrow: Dense,
    pub second_norm: Norm,
}

impl Layer {
    /// The states after this layer of all pieces, or of each text's first piece only. `states` holds those of all pieces
    /// before it, `starts` where each text begins and their number.
    pub fn forward(
        &self,
        run: &Run,
        mut states: Vec<f32>,
        starts: &[usize],
        firsts_only: bool,
        room: &mut Room,
    ) -> Vec<f32> {
        let Run { kernel, hidden, heads, parts } = *run;
        let Room { rows, sums, keys_values, queries, seen, wide } = room;
        self.keys_values.take(&states, kernel, parts, Bytes::One, rows);
        let keys_values = sized(keys_values, 2 * states.len());
        self.keys_values.apply(rows, kernel, Finish::Store, keys_values, parts, sums);
        // What the last layer rounds, the heads read at once: of its few rows, more exactly, as that costs next to nothing.
        let each = if firsts_only { Bytes::Two } else { Bytes::One };
        if firsts_only {
            let firsts = starts[..starts.len() - 1].iter().flat_map(|&start| &states[start * hidden..][..hidden]);
            states = firsts.copied().collect();
            self.query.take(&states, kernel, parts, each, rows);
        }
        let queries = sized(queries, states.len());
        self.query.apply(rows, kernel, Finish::Store, queries, parts, sums);

        let seen = sized(seen, states.len());
        let mut tasks = Vec::new();
        let (mut queries, mut out) = (&*queries, &mut *seen);
        for span in starts.windows(2) {
            let rows = if firsts_only { 1 } else { span[1] - span[0] };
            let (of_text, others) = queries.split_at(rows * hidden);
            let (out_of_text, other_outs) = out.split_at_mut(rows * hidden);
            (queries, out) = (others, other_outs);
            let keys_values = &keys_values[span[0] * 2 * hidden..span[1] * 2 * hidden];
            let each = rows.div_ceil(parts) * hidden;
            let cut = of_text.chunks(each).zip(out_of_text.chunks_mut(each));
            tasks.extend(cut.map(|(queries, out)| (queries, keys_values, out)));
        }
        let one = |(queries, keys_values, out): (&[f32], &[f32], &mut [f32])| {
            attend(queries, keys_values, heads, hidden, out)
        };
        if parts == 1 {
            tasks.into_iter().for_each(one);
        } else {
            tasks.into_par_iter().for_each(one);
        }

        self.joined.take(seen, kernel, parts, each, rows);
        self.joined.apply(rows, kernel, Finish::Add, &mut states, parts, sums);
        self.first_norm.apply(&mut states, parts);
        self.wide.take(&states, kernel, parts, each, rows);
        let wide = sized(wide, states.len() / hidden * self.wide.outputs());
        self.wide.apply(rows, kernel, Finish::Gelu, wide, parts, sums);
        self.narrow.take(wide, kernel, parts, each, rows);
        self.narrow.apply(rows, kernel, Finish::Add, &mut states, parts, sums);
        self.second_norm.apply(&mut states, parts);
        states
    }
}

/// Room that layers use one after another: pages that are given back and asked for again cost a tenth of a pass.
#[derive(Default)]
pub struct Room {
    rows: Rows,
    sums: Vec<i32>,
    keys_values: Vec<f32>,
    queries: Vec<f32>,
    seen: Vec<f32>,
    wide: Vec<f32>,
}

/// Some values of a buffer; they are all overwritten, whatever stands there.
fn sized(buffer: &mut Vec<f32>, size: usize) -> &mut [f32] {
    buffer.resize(size, 0.0);
    buffer
}
