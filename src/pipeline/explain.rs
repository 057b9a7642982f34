use super::{Pipeline, write::rounded};
use crate::{
    Complaint, Result,
    classify::{Head, Which},
    decision::{DrivingWord, Explanation, GivenLabel, HeadExplanation, SimilarComplaint},
    explain::{Explainer, HEADS, HeadReasons, Labelled},
    segment::Reading,
    taxonomy::Language,
};

/// So many similar complaints are shown.
const SIMILAR: usize = 3;

impl Pipeline {
    /// Which words drove the answers of some heads; those that the bundle does not answer are left out.
    ///
    /// # Errors
    /// Where the text cannot be read or the model fails.
    pub fn explain(&self, complaint: &Complaint, heads: &[Head]) -> Result<Explanation> {
        let reading = self.segmenter.read(&complaint.text)?;
        let language = complaint.answer_in.unwrap_or(self.language);
        let reasons = self.explainer().explain(&reading, heads)?;
        let word = |unit: usize, drop: f32| {
            let unit = &reasons.units[unit];
            DrivingWord { text: unit.shown(&reading), span: (unit.span.start, unit.span.end), drop: rounded(drop) }
        };
        let explained = |of: &HeadReasons| HeadExplanation {
            head: of.head,
            label: crate::data::labels(&self.taxonomy, of.head).nth(of.label).unwrap_or_default().to_owned(),
            name: self.name(of.head, of.label, language),
            probability: rounded(of.probability),
            words: of.words.iter().map(|&(unit, drop)| word(unit, drop)).collect(),
            comprehensiveness: rounded(of.comprehensiveness),
            sufficiency: rounded(of.sufficiency),
        };
        let heads = reasons.heads.iter().map(explained).collect();
        let similar = self.similar(&reading, language)?;
        let model_calls = reasons.calls + usize::from(similar.is_some());
        Ok(Explanation { heads, similar: similar.unwrap_or_default(), candidates: reasons.candidates, model_calls })
    }

    /// The complaints that the bundle keeps and that are the most like a text; nothing where it keeps none, or where its
    /// transformer is not asked.
    fn similar(&self, reading: &Reading, language: Language) -> Result<Option<Vec<SimilarComplaint>>> {
        let asked = self.transformer.as_ref().filter(|_| self.which != Which::Linear);
        let Some((similar, transformer)) = self.similar.as_ref().zip(asked) else { return Ok(None) };
        let answered = transformer.answers(&[reading])?.pop().expect("one answer a reading");
        let given = |(head, label): (Head, &String)| GivenLabel {
            head,
            label: label.clone(),
            name: crate::data::labels(&self.taxonomy, head)
                .position(|id| id == label)
                .map_or_else(Vec::new, |label| self.name(head, label, language)),
        };
        let told = |(complaint, cosine): (&Labelled, f32)| SimilarComplaint {
            text: complaint.text.clone(),
            similarity: rounded(cosine),
            labels: HEADS
                .into_iter()
                .filter_map(|head| Some((head, complaint.labels.get(&head)?)))
                .map(given)
                .collect(),
        };
        Ok(Some(similar.nearest(&answered.pooled, SIMILAR).into_iter().map(told).collect()))
    }

    /// What finds the words that drove an answer.
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer {
            which: self.which,
            transformer: self.transformer.as_ref(),
            linear: self.linear.as_ref(),
            calibrations: &self.calibrations,
            segmenter: &self.segmenter,
        }
    }
}
