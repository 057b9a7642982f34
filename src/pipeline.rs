//! Where the stages meet, and the only place: server, command line, batch and evaluation all come through here.

use crate::{
    Complaint, Decision, ENGINE, Error, Result,
    bundle::{Bundle, Manifest},
    classify::{
        Classifier, Head, Prediction, Which,
        calibration::Calibrations,
        linear::LinearModel,
        transformer::{Precision, Transformer},
    },
    decide::{self, Bands, Receipt},
    decision::{Candidate, Choice, DrivingWord, Emotion, Explanation, HeadExplanation, Priority, Versions},
    explain::{Explainer, HeadReasons},
    policy::Policy,
    prioritize::{self, Urgency},
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
}

/// How many alternatives a decision shows beside the chosen label.
const ALTERNATIVES: usize = 3;

/// From which probability on an any-of label (a second category, a flag) is told where the bundle does not say.
const TOLD: f32 = 0.5;

impl Pipeline {
    /// Opens a bundle, with the policy of a file or the built-in one that fits the bundle's taxonomy.
    pub fn open(bundle: &Path, policy: Option<&Path>) -> Result<Self> {
        Self::open_on(bundle, policy, &Device::Cpu)
    }

    /// The same, with the transformer on a device.
    pub fn open_on(bundle: &Path, policy: Option<&Path>, device: &Device) -> Result<Self> {
        // The dictionary takes as long to load as the bundle.
        let (segmenter, opened) = rayon::join(Segmenter::new, || Bundle::open_on(bundle, device));
        let Bundle { manifest, taxonomy, transformer, linear, calibrations, bands, .. } = opened?;
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

    /// Decides about one complaint and keeps what is needed to repeat it.
    pub fn decide_with_receipt(&self, complaint: &Complaint) -> Result<(Decision, Receipt)> {
        let finding = self.find(std::slice::from_ref(complaint)).0.pop().expect("one complaint in, one result out")?;
        let decision = self.write(complaint, &finding);
        let receipt = Receipt::new(complaint, &finding.prediction, &decision, self.which, self.precision());
        Ok((decision, receipt))
    }

    /// Decides about many: one result a complaint, in order; one that cannot be read does not harm the others.
    pub fn decide_all(&self, complaints: &[Complaint]) -> (Vec<Result<Decision>>, Timings) {
        let start = Instant::now();
        let (findings, mut timings) = self.find(complaints);
        let decide = |(complaint, finding): (&Complaint, Result<Finding>)| Ok(self.write(complaint, &finding?));
        let decisions = complaints.iter().zip(findings).map(decide).collect();
        timings.total = start.elapsed();
        (decisions, timings)
    }

    /// The same before it is written down, for evaluation.
    pub fn find_all(&self, complaints: &[Complaint]) -> Vec<Result<Finding>> {
        self.find(complaints).0
    }

    /// What texts that are already read say by themselves, without anything known about customer or order.
    pub fn find_readings(&self, readings: &[&Reading]) -> Result<Vec<Finding>> {
        let predictions = self.predict(readings)?;
        Ok(readings
            .iter()
            .zip(predictions)
            .map(|(r, p)| self.conclude(&Complaint::default(), (*r).clone(), p))
            .collect())
    }

    fn find(&self, complaints: &[Complaint]) -> (Vec<Result<Finding>>, Timings) {
        let start = Instant::now();
        let read: Vec<Result<Reading>> = complaints.par_iter().map(|c| self.segmenter.read(&c.text)).collect();
        let tokenise = start.elapsed();
        let good: Vec<&Reading> = read.iter().filter_map(|r| r.as_ref().ok()).collect();
        let predictions = self.predict(&good);
        let infer = start.elapsed() - tokenise;
        let mut predictions = match predictions {
            Ok(predictions) => Ok(predictions.into_iter()),
            Err(error) => Err(error.to_string()),
        };
        let findings = complaints
            .iter()
            .zip(read)
            .map(|(complaint, reading)| {
                let reading = reading?;
                let prediction = match &mut predictions {
                    Ok(predictions) => predictions.next().expect("one prediction a reading"),
                    Err(reason) => return Err(Error::Internal(reason.clone())),
                };
                Ok(self.conclude(complaint, reading, prediction))
            })
            .collect();
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

    /// The stages after the models: feeling and urgency.
    pub fn conclude(&self, complaint: &Complaint, reading: Reading, prediction: Prediction) -> Finding {
        let feeling = score::feeling(&self.taxonomy, &prediction);
        let urgency = prioritize::urgency(&self.policy, &self.taxonomy, complaint, &reading, &prediction, &feeling);
        Finding { reading, prediction, feeling, urgency }
    }

    fn write(&self, complaint: &Complaint, finding: &Finding) -> Decision {
        let (taxonomy, prediction) = (&self.taxonomy, &finding.prediction);
        let language = complaint.answer_in.unwrap_or(self.language);
        let category = self.choice(Head::Category, prediction, language);
        let department = self.choice(Head::Department, prediction, language);
        let chosen = prediction.best(Head::Category).map(|(i, _)| i);
        let mut secondary = self.told(Head::Secondary, prediction);
        secondary.retain(|candidate| chosen.is_none_or(|i| taxonomy.categories[i].label.id != candidate.label));
        let priority = finding.urgency.as_ref().map(|urgency| {
            let level = &taxonomy.priorities[urgency.level].label;
            let (points, reasons) = (urgency.points, urgency.reasons.clone());
            Priority { level: level.id.clone(), name: level.name.get(language).to_owned(), points, reasons }
        });
        let emotion = finding.feeling.emotion.map(|index| {
            let label = &taxonomy.emotions[index].label;
            let named = taxonomy.emotions.iter().zip(&prediction[Head::Emotion]);
            let probabilities = named.map(|(e, &p)| (e.label.id.clone(), rounded(p))).collect();
            let intensity = rounded(finding.feeling.intensity);
            Emotion { label: label.id.clone(), name: label.name.get(language).to_owned(), intensity, probabilities }
        });
        Decision {
            id: complaint.id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string()),
            category,
            secondary,
            department,
            priority,
            emotion,
            sentiment: finding.feeling.sentiment.map(rounded),
            flags: self.told(Head::Flags, prediction),
            decision: decide::verdict_in(language, &self.policy, taxonomy, prediction, finding.urgency.as_ref()),
            masked_text: finding.reading.text.masked(),
            explanation: None,
            versions: self.versions.clone(),
        }
    }

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
        Ok(Explanation { heads, candidates: reasons.candidates, model_calls: reasons.calls })
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

    /// The display names of a label from the top level down; none for a head whose labels are numbers.
    fn name(&self, head: Head, label: usize, language: Language) -> Vec<String> {
        let taxonomy = &self.taxonomy;
        let name = match head {
            Head::Category | Head::Secondary => return taxonomy.category_path(label, language),
            Head::Department => &taxonomy.departments[label].name,
            Head::Priority => &taxonomy.priorities[label].label.name,
            Head::Emotion => &taxonomy.emotions[label].label.name,
            Head::Flags => &taxonomy.flags[label].name,
            Head::Intensity | Head::Sentiment => return Vec::new(),
        };
        vec![name.get(language).to_owned()]
    }

    fn choice(&self, head: Head, prediction: &Prediction, language: Language) -> Option<Choice> {
        let (best, probability) = prediction.best(head)?;
        let label = |i: usize| crate::data::labels(&self.taxonomy, head).nth(i).unwrap_or_default().to_owned();
        let mut order: Vec<usize> = (0..prediction[head].len()).filter(|&i| i != best).collect();
        order.sort_by(|&a, &b| prediction[head][b].total_cmp(&prediction[head][a]));
        let candidate = |i: usize| Candidate { label: label(i), probability: rounded(prediction[head][i]) };
        let least = self.bands.heads.get(&head).map(|bands| bands.candidate);
        let candidates = least.map(|least| {
            let rest = order.iter().copied().take_while(|&i| prediction[head][i] >= least);
            std::iter::once(best).chain(rest).map(label).collect()
        });
        Some(Choice {
            label: label(best),
            name: self.name(head, best, language),
            probability: rounded(probability),
            band: decide::band(&self.policy, head, prediction),
            alternatives: order.iter().copied().take(ALTERNATIVES).map(candidate).collect(),
            candidates,
        })
    }

    /// The labels of an any-of head that are likely enough to be told, likeliest first.
    fn told(&self, head: Head, prediction: &Prediction) -> Vec<Candidate> {
        let named = crate::data::labels(&self.taxonomy, head).zip(&prediction[head]);
        let least = self.bands.told.get(&head).copied().unwrap_or(TOLD);
        let told = named.filter(|(_, p)| **p >= least);
        let mut told: Vec<Candidate> =
            told.map(|(label, &p)| Candidate { label: label.to_owned(), probability: rounded(p) }).collect();
        told.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        told
    }
}

/// Four digits: more would promise more than a calibrated probability holds.
fn rounded(value: f32) -> f32 {
    (value * 1e4).round() / 1e4
}
