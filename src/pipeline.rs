//! Where the stages meet, and the only place: server, command line, batch and evaluation all come through here.

mod explain;
mod write;

use crate::{
    Complaint, Decision, ENGINE, Error, Result,
    bundle::{Bundle, Manifest},
    classify::{
        Classifier, Head, Logits, Prediction, Which,
        calibration::Calibrations,
        linear::LinearModel,
        transformer::{Precision, Transformer},
    },
    decide::{self, Bands, Receipt},
    decision::{Verdict, Versions},
    explain::Similar,
    policy::Policy,
    prioritize::{self, Urgency},
    scope::Scope,
    score::{self, Feeling},
    segment::{Reading, Segmenter},
    taxonomy::{Language, Taxonomy},
};
use candle_core::Device;
use rayon::prelude::*;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Everything needed to decide: taxonomy, policy, models. Made once, shared by all threads.
pub struct Pipeline {
    pub taxonomy: Taxonomy,
    pub policy: Policy,
    pub manifest: Manifest,
    which: Which,
    segmenter: Segmenter,
    transformer: Option<Transformer>,
    linear: Option<LinearModel>,
    calibrations: Calibrations,
    bands: Bands,
    scope: Option<Scope>,
    similar: Option<Similar>,
    versions: Versions,
    language: Language,
}

/// Where the time of one call went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Cleaning, masking and segmenting.
    pub tokenise: Duration,
    /// The models, cutting into pieces included.
    pub infer: Duration,
    /// Everything.
    pub total: Duration,
}

/// What the stages found out about one complaint, before it is written down as a [`Decision`].
pub struct Finding {
    pub reading: Reading,
    pub prediction: Prediction,
    pub feeling: Feeling,
    pub urgency: Option<Urgency>,
    /// How foreign the text looks, 0 to 1; absent where that cannot be told.
    pub out_of_scope: Option<f32>,
}

/// Fewer complaints than these are not worth another thread for the stages around the models.
const FEW: usize = 16;

/// What the models say about one text: calibrated probabilities, and how foreign it looks.
type Answer = (Prediction, Option<f32>);

impl Pipeline {
    /// Opens a bundle, with the policy of a file or the built-in one that fits the bundle's taxonomy.
    pub fn open(bundle: &Path, policy: Option<&Path>) -> Result<Self> {
        Self::open_on(bundle, policy, &Device::Cpu)
    }

    /// The same, with the transformer on a device.
    pub fn open_on(bundle: &Path, policy: Option<&Path>, device: &Device) -> Result<Self> {
        // The dictionary takes as long to load as the bundle.
        let (segmenter, opened) = rayon::join(Segmenter::new, || Bundle::open_on(bundle, device));
        let Bundle { manifest, taxonomy, transformer, linear, calibrations, bands, scope, similar, .. } = opened?;
        let mut policy = match policy {
            Some(path) => Policy::open(path, &taxonomy)?,
            None => Policy::default_for(&taxonomy),
        };
        let bands = bands.unwrap_or_default();
        policy.adopt(&bands);
        let which = match (&transformer, &linear) {
            (Some(_), Some(_)) => Which::Both,
            (Some(_), None) => Which::Transformer,
            _ => Which::Linear,
        };
        let versions = Versions {
            engine: ENGINE.to_owned(),
            bundle: manifest.id(),
            taxonomy: format!("{}@{}", taxonomy.id, taxonomy.version),
            policy: format!("{}@{}", policy.id, policy.version),
        };
        let language = Language::default();
        Ok(Pipeline {
            taxonomy,
            policy,
            manifest,
            which,
            segmenter,
            transformer,
            linear,
            calibrations,
            bands,
            scope,
            similar,
            versions,
            language,
        })
    }

    /// Answers with one of the bundle's models alone, or with both.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the bundle has no such model.
    pub fn with_models(mut self, which: Which) -> Result<Self> {
        let has = match which {
            Which::Both => self.transformer.is_some() && self.linear.is_some(),
            Which::Transformer => self.transformer.is_some(),
            Which::Linear => self.linear.is_some(),
        };
        if !has {
            let reason = format!("the bundle {} cannot answer with it", self.versions.bundle);
            return Err(Error::InvalidRequest { what: format!("model {}", which.name()), reason });
        }
        self.which = which;
        Ok(self)
    }

    /// Writes names and reasons in another language than Chinese.
    pub fn with_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Which model answers.
    pub fn which(&self) -> Which {
        self.which
    }

    /// The bands that the bundle brings along.
    pub fn bands(&self) -> &Bands {
        &self.bands
    }

    /// Whether foreign texts are told apart: the bundle was fitted for it, and its transformer answers.
    pub fn tells_foreign(&self) -> bool {
        self.teller().is_some()
    }

    /// What tells foreign texts apart, and the model by whose vectors.
    fn teller(&self) -> Option<(&Scope, &Transformer)> {
        let asked = self.transformer.as_ref().filter(|_| self.which != Which::Linear);
        self.scope.as_ref().zip(asked)
    }

    /// The bundle's transformer, whether it is asked or not.
    pub(crate) fn transformer(&self) -> Option<&Transformer> {
        self.transformer.as_ref()
    }

    pub(crate) fn segmenter(&self) -> &Segmenter {
        &self.segmenter
    }

    /// Categories whose texts are foreign themselves.
    pub fn outside(&self) -> &[String] {
        self.scope.as_ref().map_or(&[], |scope| &scope.outside)
    }

    pub fn calibrations(&self) -> &Calibrations {
        &self.calibrations
    }

    /// In what numbers the transformer answers, where it is asked.
    pub fn precision(&self) -> Option<Precision> {
        self.transformer.as_ref().filter(|_| self.which != Which::Linear).map(Transformer::precision)
    }

    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Which heads the bundle answers.
    pub fn heads(&self) -> Vec<Head> {
        Head::ALL.into_iter().filter(|h| h.width(&self.taxonomy) > 0).collect()
    }

    /// Cleans a text, masks it and cuts it into words: the first stages alone.
    ///
    /// # Errors
    /// Where there is nothing to read, or too much.
    pub fn read(&self, text: &str) -> Result<Reading> {
        self.segmenter.read(text)
    }

    /// Decides about one complaint.
    pub fn decide(&self, complaint: &Complaint) -> Result<Decision> {
        self.decide_all(std::slice::from_ref(complaint)).0.pop().expect("one complaint in, one result out")
    }

    /// Decides about many: one result a complaint, in order; one that cannot be read does not harm the others.
    pub fn decide_all(&self, complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings) {
        let start = Instant::now();
        let (findings, mut timings) = self.find(complaints);
        let decide = |(complaint, finding): (&Complaint, Result<Finding>)| {
            let finding = finding?;
            let mut decision = self.write(complaint, &finding);
            if complaint.receipt {
                let (which, precision) = (self.which, self.precision());
                let receipt =
                    Receipt::new(complaint, &finding.prediction, finding.out_of_scope, &decision, which, precision);
                decision.receipt = Some(Box::new(receipt));
            }
            Ok(decision)
        };
        let decisions = complaints.par_iter().zip(findings).with_min_len(FEW).map(decide).collect();
        timings.total = start.elapsed();
        (decisions, timings)
    }

    /// The same before it is written down, for evaluation.
    pub fn find_all(&self, complaints: &[Complaint]) -> Vec<Result<Finding>> {
        self.find(complaints).0
    }

    /// What texts that are already read say by themselves, without anything known about customer or order.
    pub fn find_readings(&self, readings: &[&Reading]) -> Result<Vec<Finding>> {
        let answers = self.answer(readings)?;
        let conclude = |(r, answer): (&&Reading, Answer)| self.conclude(&Complaint::default(), (*r).clone(), answer);
        Ok(readings.par_iter().zip(answers).with_min_len(FEW).map(conclude).collect())
    }

    fn find(&self, complaints: &[Complaint]) -> (Vec<Result<Finding>>, Timings) {
        let start = Instant::now();
        let read: Vec<Result<Reading>> = complaints.par_iter().map(|c| self.segmenter.read(&c.text)).collect();
        let tokenise = start.elapsed();
        let good: Vec<&Reading> = read.iter().filter_map(|r| r.as_ref().ok()).collect();
        let answers = self.answer(&good);
        let infer = start.elapsed() - tokenise;
        let mut answers = answers.map(Vec::into_iter).map_err(|error| error.to_string());
        let answered: Vec<Result<(Reading, Answer)>> = read
            .into_iter()
            .map(|reading| {
                let reading = reading?;
                match &mut answers {
                    Ok(answers) => Ok((reading, answers.next().expect("one answer a reading"))),
                    Err(reason) => Err(Error::Internal(reason.clone())),
                }
            })
            .collect();
        let conclude = |(complaint, answered): (&Complaint, Result<(Reading, Answer)>)| {
            answered.map(|(reading, answer)| self.conclude(complaint, reading, answer))
        };
        let findings = complaints.par_iter().zip(answered).with_min_len(FEW).map(conclude).collect();
        (findings, Timings { tokenise, infer, total: start.elapsed() })
    }

    /// Calibrated probabilities, one set a reading.
    pub fn predict(&self, readings: &[&Reading]) -> Result<Vec<Prediction>> {
        if readings.is_empty() {
            return Ok(Vec::new());
        }
        let transformer = self.transformer.as_ref().map(|model| model as &dyn Classifier);
        let linear = self.linear.as_ref().map(|model| model as &dyn Classifier);
        self.calibrations.predict(self.which, transformer, linear, readings)
    }

    /// The same with how foreign each text looks. The models run once for both.
    fn answer(&self, readings: &[&Reading]) -> Result<Vec<Answer>> {
        let Some((scope, transformer)) = self.teller() else {
            return Ok(self.predict(readings)?.into_iter().map(|prediction| (prediction, None)).collect());
        };
        let answered = transformer.answers(readings)?;
        let (scores, first): (Vec<Option<f32>>, Vec<Logits>) =
            answered.into_iter().map(|answer| (Some(scope.score(&answer.pooled)), answer.logits)).unzip();
        let linear = self.linear.as_ref().filter(|_| self.which == Which::Both);
        let second = linear.map(|model| model.logits(readings)).transpose()?;
        let predictions = self.calibrations.apply(self.which, Some(&first), second.as_deref());
        let predictions = predictions.expect("`with_models` refuses a model that the bundle lacks");
        Ok(predictions.into_iter().zip(scores).collect())
    }

    /// The stages after the models: feeling and urgency.
    pub fn conclude(
        &self,
        complaint: &Complaint,
        reading: Reading,
        (prediction, out_of_scope): (Prediction, Option<f32>),
    ) -> Finding {
        let feeling = score::feeling(&self.taxonomy, &prediction);
        let urgency = prioritize::urgency(&self.policy, &self.taxonomy, complaint, &reading, &prediction, &feeling);
        Finding { reading, prediction, feeling, urgency, out_of_scope }
    }

    /// What to do about a finding, and why, if the text looks so foreign.
    pub fn verdict(&self, finding: &Finding, out_of_scope: Option<f32>, language: Language) -> Verdict {
        let Finding { prediction, urgency, .. } = finding;
        decide::verdict_in(language, &self.policy, &self.taxonomy, prediction, urgency.as_ref(), out_of_scope)
    }
}
