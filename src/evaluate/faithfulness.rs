//! Do the words that an explanation names carry the answer? Their comprehensiveness and sufficiency (ERASER, 2020) beside
//! those of as many words drawn at random and of as many that the linear model alone would name.

use super::{report::aligned, set::Set};
use crate::{
    Error, Pipeline, Result,
    classify::Head,
    explain::{Effect, Explainer, HEADS, HeadReasons, Reasons},
    segment::Reading,
};
use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was measured over the first rows of a set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Faithfulness {
    /// Rows that were explained; texts that cannot be read are left out.
    pub rows: usize,
    /// How often an explanation asked the models, on average.
    pub model_calls: f64,
    pub heads: BTreeMap<Head, HeadFaithfulness>,
}

/// Means over the rows for which at least one word was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct HeadFaithfulness {
    pub rows: usize,
    /// Words of an explanation.
    pub words: f64,
    pub ours: Drops,
    pub random: Drops,
    /// Absent where the bundle has no linear model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear: Option<Drops>,
}

/// Mean drops of the chosen label's probability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Drops {
    /// Without the words: the higher, the better they explain.
    pub comprehensiveness: f64,
    /// With nothing but the words: the lower, the better they explain.
    pub sufficiency: f64,
}

impl Drops {
    fn add(&mut self, effect: Effect) {
        self.comprehensiveness += f64::from(effect.comprehensiveness);
        self.sufficiency += f64::from(effect.sufficiency);
    }

    fn over(&mut self, rows: f64) {
        self.comprehensiveness /= rows;
        self.sufficiency /= rows;
    }
}

/// Explains the first `rows` rows of a set; `progress` hears of every row. The same seed draws the same random words.
///
/// # Errors
/// Where a model fails.
pub fn measure(
    set: &Set,
    pipeline: &Pipeline,
    rows: usize,
    seed: u64,
    mut progress: impl FnMut(),
) -> Result<Faithfulness> {
    let explainer = pipeline.explainer();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut total = Faithfulness { rows: 0, model_calls: 0.0, heads: BTreeMap::new() };
    for row in set.rows.iter().take(rows) {
        progress();
        let reading = match explainer.segmenter.read(&row.text) {
            Ok(reading) => reading,
            Err(Error::EmptyText | Error::TextWithoutWords | Error::TextTooLong { .. }) => continue,
            Err(error) => return Err(error),
        };
        let reasons = explainer.explain(&reading, &HEADS)?;
        total.rows += 1;
        total.model_calls += reasons.calls as f64;
        compare(&explainer, &reading, &reasons, &mut rng, &mut total.heads)?;
    }
    total.model_calls /= total.rows.max(1) as f64;
    for of in total.heads.values_mut() {
        let rows = of.rows as f64;
        of.words /= rows;
        [Some(&mut of.ours), Some(&mut of.random), of.linear.as_mut()].into_iter().flatten().for_each(|d| d.over(rows));
    }
    Ok(total)
}

/// Adds one text to the sums.
fn compare(
    explainer: &Explainer,
    reading: &Reading,
    reasons: &Reasons,
    rng: &mut ChaCha8Rng,
    sums: &mut BTreeMap<Head, HeadFaithfulness>,
) -> Result<()> {
    let found: Vec<&HeadReasons> = reasons.heads.iter().filter(|of| !of.words.is_empty()).collect();
    let mut choices: Vec<(&HeadReasons, Vec<usize>)> = Vec::new();
    for of in &found {
        choices.push((of, sample(rng, reasons.units.len(), of.words.len()).into_vec()));
        if let Some(mut order) = explainer.linear_order(reading, &reasons.units, (of.head, of.label)) {
            order.truncate(of.words.len());
            choices.push((of, order));
        }
    }
    if choices.is_empty() {
        return Ok(());
    }
    let mut effects = explainer.effects(reading, reasons, &choices)?.into_iter();
    for of in found {
        let sum = sums.entry(of.head).or_default();
        sum.rows += 1;
        sum.words += of.words.len() as f64;
        sum.ours.add(Effect { comprehensiveness: of.comprehensiveness, sufficiency: of.sufficiency });
        sum.random.add(effects.next().expect("one effect a choice"));
        if explainer.linear.is_some() {
            sum.linear.get_or_insert_default().add(effects.next().expect("one effect a choice"));
        }
    }
    Ok(())
}

/// The means as text for a terminal, one line a head.
pub fn text(measured: &Faithfulness) -> String {
    let mut lines = vec![
        ["head", "rows", "words", "without ours", "random", "linear", "only ours", "random", "linear"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let number = |value: f64| format!("{value:+.3}");
    for (head, of) in &measured.heads {
        let columns = [Some(of.ours), Some(of.random), of.linear];
        let shown = |value: Option<f64>| value.map_or("–".to_owned(), number);
        let mut line = vec![head.name().to_owned(), of.rows.to_string(), format!("{:.1}", of.words)];
        line.extend(columns.iter().map(|drops| shown(drops.map(|d| -d.comprehensiveness))));
        line.extend(columns.iter().map(|drops| shown(drops.map(|d| -d.sufficiency))));
        lines.push(line);
    }
    format!(
        "Change of the label's probability without the words of an explanation, and with nothing but them ({} rows, {:.1} \
         model calls a row)\n\n{}",
        measured.rows,
        measured.model_calls,
        aligned(&lines, 1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Row;

    #[test]
    fn our_words_carry_more_of_the_answer_than_random_ones_and_the_numbers_repeat() {
        let pipeline = Pipeline::open("models/retail".as_ref(), None).unwrap();
        let row = |text: &str| Row { text: text.into(), ..Default::default() };
        let texts = [
            "买的手机壳半个月了，物流一直停在杭州中转站没动过，这已经是我第三次投诉，再不处理我就打12315！",
            "昨天半夜电热毯冒烟，插头都烧黑了，家里还有八十岁的老人，幸好没有人受伤。",
            "😡！",
            "退货都签收十天了，369块钱还没退给我，客服问急了就不回",
        ];
        let set = Set { rows: texts.map(row).to_vec(), ..Default::default() };
        let mut heard = 0;
        let measured = measure(&set, &pipeline, 4, 7, || heard += 1).unwrap();
        assert_eq!((measured.rows, heard), (3, 4), "what cannot be read is left out");
        assert!(measured.model_calls <= 5.0);
        let sum = |drops: fn(&HeadFaithfulness) -> Drops| -> f64 {
            measured.heads.values().map(|of| drops(of).comprehensiveness).sum()
        };
        assert!(sum(|of| of.ours) > sum(|of| of.random), "{measured:?}");
        assert!(measured.heads.values().all(|of| of.linear.is_some() && of.words >= 1.0));
        assert_eq!(measured, measure(&set, &pipeline, 4, 7, || ()).unwrap());
        assert!(text(&measured).contains("\ncategory "));
    }
}
