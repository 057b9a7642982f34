use super::Recipe;
use crate::{
    Error, Result,
    classify::Prediction,
    data::{Row, Source, Targets, falls_within},
    encode::{PieceEncoder, Pieces},
    segment::{Reading, Segmenter},
    taxonomy::Taxonomy,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A labelled row as the models read it.
pub struct Example {
    pub reading: Reading,
    /// Empty where no transformer learns.
    pub pieces: Pieces,
    pub targets: Targets,
    /// What the teachers say of it, where there are some.
    pub taught: Option<Prediction>,
    pub weight: f32,
}

/// A file that training read, for the manifest and the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceRecord {
    pub path: String,
    pub part: String,
    pub sha256: String,
    /// Hash of the file of labels, where they stand in one of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels_sha256: Option<String>,
    pub rows: usize,
    /// Rows that have no text to read.
    pub skipped: usize,
}

/// All rows of a recipe in their parts.
pub struct Corpus {
    pub train: Vec<Example>,
    pub calibration: Vec<Example>,
    /// Places in `train` of the rows that would be set aside if their sources did not only teach.
    spared: Vec<usize>,
    /// Texts of which only teachers say something.
    pub unlabelled: Vec<Example>,
    /// Texts of which nobody says anything: hidden pieces are guessed in them.
    pub guessed: Vec<Example>,
    /// One part a file of `data.dev`, by the file's name.
    pub dev: Vec<(String, Vec<Example>)>,
    pub sources: Vec<SourceRecord>,
    /// Optional files that were not there.
    pub absent: Vec<String>,
}

/// Parts of which only the texts are read.
const WITHOUT: &str = "without";
const UNLABELLED: &str = "unlabelled";

impl Corpus {
    /// Reads, cleans, cuts and looks up every row; without a piece encoder, for a linear model alone.
    ///
    /// # Errors
    /// A file that is missing and not optional, a row that cannot be read, a label that the taxonomy does not have.
    pub fn read(
        recipe: &Recipe,
        taxonomy: &Taxonomy,
        segmenter: &Segmenter,
        pieces: Option<&PieceEncoder>,
    ) -> Result<Self> {
        let mut corpus = Corpus {
            train: vec![],
            calibration: vec![],
            spared: vec![],
            unlabelled: vec![],
            guessed: vec![],
            dev: vec![],
            sources: vec![],
            absent: vec![],
        };
        let share = recipe.data.calibration;
        let seed = recipe.data.seed.unwrap_or(recipe.seed);
        let mut without = HashSet::new();
        for source in &recipe.data.without {
            let rows = corpus.examples(WITHOUT, source, taxonomy, segmenter, None)?.map(|(_, rows)| rows);
            without.extend(rows.into_iter().flatten().flatten().map(|row| squeezed(&row)));
        }
        for source in &recipe.data.train {
            let Some((rows, examples)) = corpus.examples("train", source, taxonomy, segmenter, pieces)? else {
                continue;
            };
            for (row, example) in rows.iter().zip(examples) {
                let Some(example) = example.filter(|example| !without.contains(&squeezed(example))) else { continue };
                // By the text alone, so that the part stays the same when rows are added.
                let aside = source.held_out || falls_within(share, &[&seed.to_le_bytes(), row.text.as_bytes()]);
                if aside && !source.teaches_only {
                    corpus.calibration.push(example);
                } else {
                    corpus.spared.extend(aside.then_some(corpus.train.len()));
                    corpus.train.push(example);
                }
            }
        }
        if corpus.calibration.is_empty() {
            let spared: HashSet<usize> = corpus.spared.drain(..).collect();
            for (place, row) in std::mem::take(&mut corpus.train).into_iter().enumerate() {
                if spared.contains(&place) { corpus.calibration.push(row) } else { corpus.train.push(row) }
            }
        }
        for source in &recipe.data.dev {
            let Some((_, examples)) = corpus.examples("dev", source, taxonomy, segmenter, pieces)? else { continue };
            corpus.dev.push((source.path.display().to_string(), examples.into_iter().flatten().collect()));
        }
        let mut known = without;
        let parts = corpus.dev.iter().map(|(_, rows)| rows).chain([&corpus.train, &corpus.calibration]);
        known.extend(parts.flatten().map(squeezed));
        let mut alone = |sources: &[Source]| corpus.texts(sources, &mut known, taxonomy, segmenter, pieces);
        let taught = recipe.distill.as_ref().map(|distill| alone(&distill.texts)).transpose()?;
        let guessed = recipe.masked_language.as_ref().map(|masked| alone(&masked.texts)).transpose()?;
        (corpus.unlabelled, corpus.guessed) = (taught.unwrap_or_default(), guessed.unwrap_or_default());
        if corpus.train.is_empty() {
            let path = recipe.data.train[0].path.clone();
            return Err(Error::Data { path, reason: "no row to learn from in any of the training files".into() });
        }
        Ok(corpus)
    }

    /// Texts without labels, and none that is known already.
    fn texts(
        &mut self,
        sources: &[Source],
        known: &mut HashSet<String>,
        taxonomy: &Taxonomy,
        segmenter: &Segmenter,
        pieces: Option<&PieceEncoder>,
    ) -> Result<Vec<Example>> {
        let mut texts = Vec::new();
        for source in sources {
            let Some((_, examples)) = self.examples(UNLABELLED, source, taxonomy, segmenter, pieces)? else { continue };
            texts.extend(examples.into_iter().flatten().filter(|example| known.insert(squeezed(example))));
        }
        Ok(texts)
    }

    /// The calibration part in two: rows for the bands, and rows for temperatures and blends. The bands get more: what they let through
    /// grows with the rows that show it, while temperatures are a few numbers.
    pub fn calibration_parts(&self) -> (Vec<&Example>, Vec<&Example>) {
        parted(self.calibration.iter())
    }

    /// Rows like those of the calibration part from the sources that only teach, in the same two parts. They have taught.
    pub fn spared_parts(&self) -> (Vec<&Example>, Vec<&Example>) {
        parted(self.spared.iter().map(|&place| &self.train[place]))
    }

    #[allow(clippy::type_complexity)]
    fn examples(
        &mut self,
        part: &str,
        source: &Source,
        taxonomy: &Taxonomy,
        segmenter: &Segmenter,
        pieces: Option<&PieceEncoder>,
    ) -> Result<Option<(Vec<Row>, Vec<Option<Example>>)>> {
        if source.optional && !source.path.exists() {
            self.absent.push(source.path.display().to_string());
            return Ok(None);
        }
        let rows = if [WITHOUT, UNLABELLED].contains(&part) { source.load_texts()? } else { source.load()? };
        let weight = source.weight.unwrap_or(1.0);
        let examples: Vec<Option<Example>> = rows
            .par_iter()
            .enumerate()
            .map(|(index, row)| {
                let fault = |reason| source.fault_of(index, row, reason);
                let targets = Targets::of(row, taxonomy).map_err(fault)?;
                // A row without a word (only emoji, say) cannot be served either: it is counted, not learnt.
                let Ok(reading) = segmenter.read(&row.text) else { return Ok(None) };
                let pieces = pieces.map(|p| p.encode(reading.text.as_str())).transpose()?.unwrap_or_default();
                Ok(Some(Example { reading, pieces, targets, taught: None, weight }))
            })
            .collect::<Result<_>>()?;
        self.sources.push(SourceRecord {
            path: source.path.display().to_string(),
            part: part.to_owned(),
            sha256: source.hash()?,
            labels_sha256: source.labels_hash()?,
            rows: rows.len(),
            skipped: examples.iter().filter(|e| e.is_none()).count(),
        });
        Ok(Some((rows, examples)))
    }
}

fn parted<'a>(rows: impl Iterator<Item = &'a Example>) -> (Vec<&'a Example>, Vec<&'a Example>) {
    rows.partition(|row| falls_within(0.65, &[b"bands", row.reading.text.as_str().as_bytes()]))
}

/// A text without its spaces: the same text may stand in two files with others.
fn squeezed(example: &Example) -> String {
    example.reading.text.as_str().split_whitespace().collect()
}
