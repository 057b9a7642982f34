use super::{
    Gradients,
    lanes::{Lane, rows},
    net::{Dense, KINDS, Layer, Net, Norm, NormSlope, POSITIONS},
    products::with_left,
    room::{Kept, Room, Slopes, part},
};
use crate::{
    classify::transformer::ops::{
        self,
        matmul::{View, matmul},
    },
    encode::Ragged,
};
use fenzhen_layers::{
    bf16::{self, Hand, Side},
    vectorised,
};
use rayon::prelude::*;

/// Outputs of a dense part whose weights' gradients are one task.
const OUTPUTS: usize = 256;

/// From the gradients of the last states, in `words`, to those of all weights; `words` holds those of the word vectors
/// afterwards.
pub(super) fn run(
    net: &Net,
    batch: &Ragged,
    lanes: &[Lane],
    room: &mut Room,
    words: &mut [f32],
    gradients: &mut Gradients,
    mut packed: Option<&mut [Side; 4]>,
) {
    let pieces = room.pieces();
    for (at, layer) in net.layers.iter().enumerate().rev() {
        let kept = &room.layers[at];
        let ways: Vec<_> = rows(words, pieces, lanes).zip(room.slopes.cut(pieces, lanes)).collect();
        let norms: Vec<[NormSlope; 2]> = ways
            .into_par_iter()
            .zip(lanes)
            .map(|((gradient, slopes), lane)| step(layer, batch, lane, kept, slopes, gradient))
            .collect();
        sum_norms(&layer.norm, norms.iter().map(|[first, _]| first), gradients);
        sum_norms(&layer.last, norms.iter().map(|[_, last]| last), gradients);
        let x = if at == 0 { &room.first } else { &room.layers[at - 1].state };
        let Slopes { qkv, output, up, down } = &room.slopes;
        weights(
            &[
                (&layer.qkv, qkv, x),
                (&layer.output, output, &kept.seen),
                (&layer.up, up, &kept.mid),
                (&layer.down, down, &kept.active),
            ],
            pieces,
            gradients,
            packed.as_deref_mut(),
        );
    }
    let norms: Vec<NormSlope> = rows(words, pieces, lanes)
        .zip(lanes)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(gradient, lane)| {
            net.drop().apply(gradient, lane.pieces.start * net.hidden);
            let given = gradient.to_vec();
            net.norm.back(gradient, part(&room.sum, net.hidden, &lane.pieces), &given)
        })
        .collect();
    sum_norms(&net.norm, norms.iter(), gradients);
    tables(net.hidden, net.tables.first_position, batch, words, gradients);
}

/// One lane back through one layer: `gradient` is that of what the layer gave, and then of what it got.
fn step(
    layer: &Layer,
    batch: &Ragged,
    lane: &Lane,
    kept: &Kept<Vec<f32>>,
    slopes: Slopes<&mut [f32]>,
    gradient: &mut [f32],
) -> [NormSlope; 2] {
    let hidden = layer.output.outputs();
    let start = lane.pieces.start * hidden;
    let mut d = vec![0.0; gradient.len()];
    let last = layer.last.back(&mut d, part(&kept.last, hidden, &lane.pieces), gradient);
    slopes.down.copy_from_slice(&d);
    layer.drops[1].apply(slopes.down, start);
    layer.down.back(slopes.up, false, slopes.down);
    ops::gelu::backward(slopes.up, part(&kept.wide, layer.up.outputs(), &lane.pieces));
    layer.up.back(&mut d, true, slopes.up);
    let first = layer.norm.back(gradient, part(&kept.sum, hidden, &lane.pieces), &d);
    slopes.output.copy_from_slice(gradient);
    layer.drops[0].apply(slopes.output, start);
    layer.output.back(&mut d, false, slopes.output);
    for text in lane.texts.clone() {
        let (from, to) = (batch.starts[text], batch.starts[text + 1]);
        let [own_from, own_to] = [from, to].map(|piece| piece - lane.pieces.start);
        let qkv = &kept.qkv[from * 3 * hidden..to * 3 * hidden];
        let slope = &mut slopes.qkv[own_from * 3 * hidden..own_to * 3 * hidden];
        layer.heads.backward_text(text, qkv, &d[own_from * hidden..own_to * hidden], hidden, slope);
    }
    layer.qkv.back(gradient, true, slopes.qkv);
    [first, last]
}

/// The gradients of dense parts, each given those of what it gave and what it got; with room to pack what they got, in bf16.
fn weights(
    parts: &[(&Dense, &Vec<f32>, &Vec<f32>); 4],
    pieces: usize,
    gradients: &mut Gradients,
    mut packed: Option<&mut [Side; 4]>,
) {
    struct Task<'a> {
        weight: &'a mut [f32],
        bias: &'a mut [f32],
        dy: &'a [f32],
        outputs: usize,
        x: View<'a>,
        packed: Option<&'a Side>,
    }
    if let Some(packed) = packed.as_deref_mut() {
        packed.par_iter_mut().zip(parts).for_each(|(side, (dense, _, x))| {
            side.pack_across(Hand::Right, x, dense.inputs(), pieces, dense.inputs());
        });
    }
    let packed = packed.map(|packed| &*packed);
    let mut rest: std::collections::HashMap<&str, &mut Vec<f32>> =
        gradients.iter_mut().map(|(name, values)| (name.as_str(), values)).collect();
    let mut tasks = Vec::new();
    for (place, &(dense, dy, x)) in parts.iter().enumerate() {
        let packed = packed.map(|packed| &packed[place]);
        let (inputs, outputs) = (dense.inputs(), dense.outputs());
        let mut take = |part: &str| {
            let name = format!("{}.{part}", dense.name);
            rest.remove(name.as_str()).expect("there is a gradient for every variable, and a layer has each once")
        };
        let (weight, bias) = (take("weight"), take("bias"));
        let blocks = weight.chunks_mut(OUTPUTS * inputs).zip(bias.chunks_mut(OUTPUTS));
        for (block, (weight, bias)) in blocks.enumerate() {
            let x = View::rows(x, pieces, inputs, inputs);
            tasks.push(Task { weight, bias, dy: &dy[block * OUTPUTS..], outputs, x, packed });
        }
    }
    tasks.into_par_iter().for_each(|Task { weight, bias, dy, outputs, x, packed }| {
        match packed {
            Some(right) => with_left(|left| {
                left.pack_across(Hand::Left, dy, bias.len(), pieces, outputs);
                bf16::multiply(weight, x.cols, false, left, right);
            }),
            None => matmul(weight, x.cols, 0.0, View::rows(dy, pieces, bias.len(), outputs).t(), x, 1.0, 1),
        }
        column_sums(bias, dy, outputs, pieces);
    });
}

vectorised! {
    /// Sums of the first columns of a row-major matrix.
    fn column_sums(sums: &mut [f32], rows: &[f32], stride: usize, count: usize) {
        sums.fill(0.0);
        for row in 0..count {
            for (sum, v) in sums.iter_mut().zip(&rows[row * stride..]) {
                *sum += v;
            }
        }
    }
}

/// Sums what the lanes found, in their order.
fn sum_norms<'a>(norm: &Norm, lanes: impl Iterator<Item = &'a NormSlope> + Clone, gradients: &mut Gradients) {
    let mut sum = |part: &str, of: fn(&NormSlope) -> &Vec<f32>| {
        let name = format!("{}.{part}", norm.name);
        let sum = cleared(gradients, &name);
        for lane in lanes.clone() {
            sum.iter_mut().zip(of(lane)).for_each(|(sum, v)| *sum += v);
        }
    };
    sum("weight", |slope| &slope.weight);
    sum("bias", |slope| &slope.bias);
}

/// The gradients of positions and of the first kind, given those of the word vectors.
pub(super) fn tables(hidden: usize, first_position: usize, batch: &Ragged, words: &[f32], gradients: &mut Gradients) {
    let kinds = cleared(gradients, KINDS);
    column_sums(&mut kinds[..hidden], words, hidden, batch.ids.len());
    let positions = cleared(gradients, POSITIONS);
    for (place, word) in batch.positions().into_iter().zip(words.chunks_exact(hidden)) {
        let row = (first_position + place as usize) * hidden;
        positions[row..row + hidden].iter_mut().zip(word).for_each(|(sum, v)| *sum += v);
    }
}

/// A weight's gradient, set to zeros.
fn cleared<'a>(gradients: &'a mut Gradients, name: &str) -> &'a mut Vec<f32> {
    let values = gradients.get_mut(name).expect("there is a gradient for every variable");
    values.fill(0.0);
    values
}
