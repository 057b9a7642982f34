use super::{
    lanes::{Lane, rows},
    net::{Layer, Net},
    room::{Kept, Room},
};
use crate::{classify::transformer::ops, encode::Ragged};
use rayon::prelude::*;

/// What a lane writes on its way.
struct Way<'a> {
    sum: &'a mut [f32],
    first: &'a mut [f32],
    layers: Vec<Kept<&'a mut [f32]>>,
}

/// Leaves in the room the states of every layer and what the way back needs.
pub(super) fn run(net: &Net, batch: &Ragged, lanes: &[Lane], room: &mut Room) {
    let pieces = room.pieces();
    let mut ways: Vec<Way> = rows(&mut room.sum, pieces, lanes)
        .zip(rows(&mut room.first, pieces, lanes))
        .map(|(sum, first)| Way { sum, first, layers: Vec::with_capacity(net.layers.len()) })
        .collect();
    for kept in &mut room.layers {
        for (way, kept) in ways.iter_mut().zip(kept.cut(pieces, lanes)) {
            way.layers.push(kept);
        }
    }
    ways.into_par_iter().zip(lanes).for_each(|(way, lane)| through(net, batch, lane, way));
}

fn through(net: &Net, batch: &Ragged, lane: &Lane, way: Way) {
    let Way { sum, first, layers } = way;
    embed(net, batch, lane, sum);
    net.norm.apply(first, sum);
    net.drop().apply(first, lane.pieces.start * net.hidden);
    let mut x: &[f32] = first;
    for (layer, mut kept) in net.layers.iter().zip(layers) {
        step(layer, batch, lane, x, &mut kept);
        x = kept.state;
    }
}

fn embed(net: &Net, batch: &Ragged, lane: &Lane, sum: &mut [f32]) {
    let mut rest = sum;
    for text in lane.texts.clone() {
        let ids = &batch.ids[batch.starts[text]..batch.starts[text + 1]];
        let (out, later) = rest.split_at_mut(ids.len() * net.hidden);
        net.tables.sum(ids, out);
        rest = later;
    }
}

fn step(layer: &Layer, batch: &Ragged, lane: &Lane, x: &[f32], kept: &mut Kept<&mut [f32]>) {
    let hidden = layer.output.outputs();
    let start = lane.pieces.start * hidden;
    layer.qkv.apply(kept.qkv, x);
    for text in lane.texts.clone() {
        let [from, to] = [text, text + 1].map(|text| batch.starts[text] - lane.pieces.start);
        let qkv = &kept.qkv[from * 3 * hidden..to * 3 * hidden];
        layer.heads.forward_text(text, qkv, hidden, &mut kept.seen[from * hidden..to * hidden]);
    }
    layer.output.apply(kept.sum, kept.seen);
    layer.drops[0].apply(kept.sum, start);
    kept.sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
    layer.norm.apply(kept.mid, kept.sum);
    layer.up.apply(kept.wide, kept.mid);
    ops::gelu::forward(kept.active, kept.wide);
    layer.down.apply(kept.last, kept.active);
    layer.drops[1].apply(kept.last, start);
    kept.last.iter_mut().zip(kept.mid.iter()).for_each(|(sum, mid)| *sum += mid);
    layer.last.apply(kept.state, kept.last);
}
