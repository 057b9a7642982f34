use super::{FullPrecision, Noise, Transformer, ops, pool};
use crate::{
    Result,
    classify::{Head, softmax},
    encode::Ragged,
    segment::Reading,
};
use candle_core::{Tensor, Var};

impl Transformer {
    /// For each label of `targets`, one number a word of the reading: by how much the logarithm of the label's probability
    /// would fall, to first order, if the pieces of the word were hidden behind the mask piece (gradient times the
    /// difference to a reference: Shrikumar and others, Not just a black box, 2016). Words that the limit on pieces cuts
    /// away get 0.
    ///
    /// One forward and one backward pass over as many copies of the text as there are targets.
    pub fn attributions(&self, reading: &Reading, targets: &[(Head, usize)]) -> Result<Vec<Vec<f32>>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let (pieces, places) = self.pieces.encode_placed(reading.text.as_str())?;
        let batch = Ragged::of(targets.iter().map(|_| &pieces));
        let words = Var::from_tensor(&self.full()?.encoder.weights.words(&batch.ids)?)?;
        let logits = self.logits_of_words(&batch, &words)?;
        let slopes = self.slopes(&logits.to_vec2::<f32>()?, targets);
        let slopes = Tensor::from_vec(slopes, logits.shape(), logits.device())?;
        let gradients = (logits * slopes)?.sum_all()?.backward()?;
        let mut attributions = vec![vec![0.0; reading.words.len()]; targets.len()];
        let Some(gradient) = gradients.get(&words) else { return Ok(attributions) };
        let mask = self.full()?.encoder.weights.words(&[self.pieces.mask_id()])?;
        let moved = (gradient * words.broadcast_sub(&mask)?)?.sum(1)?.to_vec1::<f32>()?;
        for (of, moved) in attributions.iter_mut().zip(moved.chunks_exact(places.len())) {
            for (place, moved) in places.iter().zip(moved) {
                let touched = reading.touched(place);
                let share = moved / touched.len().max(1) as f32;
                of[touched].iter_mut().for_each(|word| *word += share);
            }
        }
        Ok(attributions)
    }

    fn logits_of_words(&self, batch: &Ragged, words: &Tensor) -> Result<Tensor> {
        let FullPrecision { encoder, head_weight, head_bias } = self.full()?;
        let states = encoder.forward_words(batch, words, Noise::none())?;
        Ok(ops::linear(&pool(&states, batch, self.pooling)?, head_weight, head_bias)?)
    }

    /// The gradient of each target's log-probability by the logits of its copy: one at the label, less the probabilities of
    /// its head.
    fn slopes(&self, logits: &[Vec<f32>], targets: &[(Head, usize)]) -> Vec<f32> {
        let mut slopes = vec![0.0; targets.len() * self.layout.width];
        for ((slope, row), &(head, label)) in slopes.chunks_exact_mut(self.layout.width).zip(logits).zip(targets) {
            if let Some((_, span)) = self.layout.spans().find(|(of, _)| *of == head) {
                let probabilities = softmax(&row[span.clone()]);
                slope[span.clone()].iter_mut().zip(probabilities).for_each(|(slope, p)| *slope = -p);
                slope[span.start + label] += 1.0;
            }
        }
        slopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bundle::Bundle, segment::Segmenter};
    use candle_core::Device;

    #[test]
    fn attributions_are_what_a_small_step_towards_the_mask_does() {
        let transformer = Bundle::open("models/retail".as_ref()).unwrap().transformer.unwrap();
        let reading = Segmenter::new().read("退货都签收十天了，369块钱还没退给我，客服问急了就不回😡").unwrap();
        let targets = [(Head::Category, 3), (Head::Emotion, 0)];
        let attributions = transformer.attributions(&reading, &targets).unwrap();
        let (pieces, places) = transformer.pieces.encode_placed(reading.text.as_str()).unwrap();
        assert_eq!(pieces, transformer.pieces.encode(reading.text.as_str()).unwrap());
        let batch = Ragged::of([&pieces]);
        let words = transformer.full().unwrap().encoder.weights.words(&batch.ids).unwrap();
        let mask = transformer.full().unwrap().encoder.weights.words(&[transformer.pieces.mask_id()]).unwrap();
        let log_probability = |words: &Tensor, (head, label): (Head, usize)| {
            let row = transformer.logits_of_words(&batch, words).unwrap().to_vec2::<f32>().unwrap().remove(0);
            f64::from(softmax(&transformer.layout.split(&row)[head])[label]).ln()
        };
        for (target, words_of) in targets.into_iter().zip(&attributions) {
            for (word, &attribution) in words_of.iter().enumerate() {
                let step = |part: f64| {
                    let here = |place: &std::ops::Range<usize>| reading.touched(place).contains(&word);
                    let shares: Vec<f32> = places.iter().map(|p| if here(p) { part as f32 } else { 0.0 }).collect();
                    let shares = Tensor::from_vec(shares, (places.len(), 1), &Device::Cpu).unwrap();
                    let towards = mask.broadcast_sub(&words).unwrap().broadcast_mul(&shares).unwrap();
                    log_probability(&(&words + towards).unwrap(), target)
                };
                let measured = (step(-0.02) - step(0.02)) / 0.04;
                assert!(
                    (measured - f64::from(attribution)).abs() < 0.02 + 0.05 * measured.abs(),
                    "{measured} {attribution}"
                );
            }
        }
    }
}
