use crate::{Dense, Finish, Kernel, Norm, attention::attend};
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
    pub fn forward(&self, run: &Run, mut states: Vec<f32>, starts: &[usize], firsts_only: bool) -> Vec<f32> {
        let Run { kernel, hidden, heads, parts, .. } = *run;
        let pieces = states.len() / hidden;
        let rows = self.keys_values.rows(&states, kernel, parts);
        let mut keys_values = vec![0.0; pieces * 2 * hidden];
        self.keys_values.apply(&rows, kernel, Finish::Store, &mut keys_values, parts);
        if firsts_only {
            let firsts = starts[..starts.len() - 1].iter().flat_map(|&start| &states[start * hidden..][..hidden]);
            states = firsts.copied().collect();
        }
        let rows = if firsts_only { self.query.rows(&states, kernel, parts) } else { rows };
        let mut queries = vec![0.0; states.len()];
        self.query.apply(&rows, kernel, Finish::Store, &mut queries, parts);

        let mut seen = vec![0.0; states.len()];
        let mut tasks = Vec::new();
        let (mut queries, mut out) = (&queries[..], &mut seen[..]);
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

        let rows = self.joined.rows(&seen, kernel, parts);
        self.joined.apply(&rows, kernel, Finish::Add, &mut states, parts);
        self.first_norm.apply(&mut states, parts);
        let rows = self.wide.rows(&states, kernel, parts);
        let mut wide = vec![0.0; states.len() / hidden * self.wide.outputs()];
        self.wide.apply(&rows, kernel, Finish::Gelu, &mut wide, parts);
        let rows = self.narrow.rows(&wide, kernel, parts);
        self.narrow.apply(&rows, kernel, Finish::Add, &mut states, parts);
        self.second_norm.apply(&mut states, parts);
        states
    }
}
