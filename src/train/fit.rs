use super::{
    Corpus, Example, Recipe,
    batches::batches,
    checkpoint::{Accuracies, Checkpoints, Progress, Round},
    distill::{hashes, teach},
    learner::Learner,
    scope::Lesson,
};
use crate::{
    Error, Result,
    bundle::{file, hash},
    classify::{
        Answer, Head, HeadValues,
        transformer::{Encoder, HEAD_BIAS, HEAD_WEIGHT, HeadLayout, Weights, infer},
    },
    data::{Dice, Perturbation},
    encode::{PieceEncoder, Pieces},
    taxonomy::Taxonomy,
};
use candle_core::Device;
use std::{collections::BTreeMap, path::Path, time::Instant};

/// Where a training tells how it goes. The command line draws bars; tests keep silent.
pub trait Talk: Sync {
    fn corpus(&self, _corpus: &Corpus) {}
    /// The foreign texts are read.
    fn lesson(&self, _lesson: &Lesson) {}
    /// How many answers the teachers have given, and of how many.
    fn asked(&self, _answers: usize, _of: usize) {}
    /// What the teachers reach together.
    fn teachers(&self, _accuracy: &Accuracies) {}
    fn resumed(&self, _progress: &Progress) {}
    /// After every step.
    fn step(&self, _at: StepAt) {}
    /// After every round.
    fn round(&self, _number: usize, _round: &Round, _best: bool) {}
    fn note(&self, _message: &str) {}
}

impl Talk for () {}

/// Where a training is, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct StepAt {
    pub step: usize,
    pub steps: usize,
    /// Running mean.
    pub loss: f64,
    pub rows_per_second: f64,
    /// Of training, without measuring.
    pub seconds_left: f64,
}

/// Trains the transformer until the last round or until it no longer gets better; the best weights are left in the
/// checkpoint folder.
pub fn fit(
    recipe: &Recipe,
    taxonomy: &Taxonomy,
    corpus: &mut Corpus,
    pieces: &PieceEncoder,
    folder: &Path,
    device: &Device,
    talk: &dyn Talk,
) -> Result<Progress> {
    let checkpoints = Checkpoints::new(folder)?;
    let progress = checkpoints.progress(recipe)?;
    if progress.as_ref().is_some_and(|progress| progress.best.is_some()) && !checkpoints.best().exists() {
        let reason = format!("its best round's weights, {}, are gone; use a new output folder", Checkpoints::BEST);
        return Err(Error::Recipe { path: folder.to_owned(), reason });
    }
    if let Some(progress) = progress.filter(|progress| progress.finished) {
        talk.resumed(&progress);
        return Ok(progress);
    }
    let mut learner = Learner::new(recipe, taxonomy, &corpus.train, pieces.mask_id(), device)?;
    let mut progress = match checkpoints.restore(&mut learner, recipe)? {
        Some(progress) => {
            talk.resumed(&progress);
            progress
        }
        None => Progress::default(),
    };
    if recipe.masked_language.is_some() {
        // The guesses are over its words as they were at the start, which no checkpoint keeps.
        let encoder = recipe.encoder()?;
        let begun = std::iter::once(&encoder.path).chain(&encoder.averaged_with);
        let begun: Vec<String> = begun.map(|folder| hash(&folder.join(file::MODEL))).collect::<Result<_>>()?;
        let encoder = begun.join(" ");
        if progress.steps > 0 && progress.encoder.as_ref() != Some(&encoder) {
            let reason = "the encoder has other weights than when this training began; use a new output folder";
            return Err(Error::Recipe { path: folder.to_owned(), reason: reason.into() });
        }
        progress.encoder = Some(encoder);
    }
    if let Some(distill) = &recipe.distill {
        let teachers = hashes(distill, recipe)?;
        if progress.steps > 0 && progress.taught_by != teachers {
            let reason = "the teachers have other weights than when this training began; use a new output folder";
            return Err(Error::Recipe { path: folder.to_owned(), reason: reason.into() });
        }
        progress.taught_by = teachers;
        talk.note("asking the teachers");
        progress.teachers = teach(distill, taxonomy, corpus, &used(recipe, &lengths(corpus)), device, talk)?;
        talk.teachers(&progress.teachers);
    }
    let corpus = &*corpus;
    let learnt: Vec<&Example> = corpus.train.iter().chain(&corpus.unlabelled).chain(&corpus.guessed).collect();
    let lengths = lengths(corpus);
    let rounds = &recipe.rounds;
    let steps = rounds.epochs * round_of(recipe, &lengths, 0).len();
    while !progress.finished {
        let order = round_of(recipe, &lengths, progress.rounds);
        let (mut loss_sum, mut counted, mut rows_seen, mut seconds) = (0.0, 0usize, 0usize, 0.0);
        let (mut guessed, mut guesses) = (0.0, 0usize);
        let mut running: Option<f64> = None;
        for batch in &order[progress.batches..] {
            let start = Instant::now();
            let rows: Vec<&Example> = batch.iter().map(|&i| learnt[i]).collect();
            let read = perturbed(&rows, recipe, progress.steps, pieces)?;
            let report = learner.step(&rows, read, progress.steps, steps)?;
            let took = start.elapsed().as_secs_f64();
            progress.steps += 1;
            progress.batches += 1;
            progress.seconds += took;
            seconds += took;
            rows_seen += rows.len();
            loss_sum += report.loss as f64;
            counted += 1;
            if let Some(loss) = report.guessed {
                guessed += f64::from(loss);
                guesses += 1;
            }
            let mean = running.map_or(report.loss as f64, |r| 0.98 * r + 0.02 * report.loss as f64);
            running = Some(mean);
            let rate = rows_seen as f64 / seconds;
            let left = (steps - progress.steps) as f64 * rounds.batch as f64 / rate;
            talk.step(StepAt { step: progress.steps, steps, loss: mean, rows_per_second: rate, seconds_left: left });
            if rounds.checkpoint_every > 0
                && progress.batches < order.len()
                && progress.batches.is_multiple_of(rounds.checkpoint_every)
            {
                checkpoints.save(&mut learner, &progress, recipe)?;
            }
        }
        let accuracy = measure(&mut learner, recipe, taxonomy, corpus, device)?;
        let metric = metric(&accuracy, &recipe.rounds.metric);
        let round = Round {
            loss: loss_sum / counted.max(1) as f64,
            guessed: (guesses > 0).then(|| guessed / guesses as f64),
            metric,
            accuracy,
            rows_per_second: rows_seen as f64 / f64::max(seconds, 1e-9),
        };
        let best = progress.best.is_none_or(|best| metric > best);
        progress.rounds += 1;
        progress.batches = 0;
        if best {
            progress.best = Some(metric);
            progress.best_round = progress.rounds;
            checkpoints.keep_reader(&recipe.encoder()?.path)?;
            learner.save(&checkpoints.best())?;
        }
        talk.round(progress.rounds, &round, best);
        progress.history.push(round);
        let tired = rounds.patience > 0 && progress.rounds - progress.best_round >= rounds.patience;
        progress.finished = progress.rounds >= rounds.epochs || tired;
        checkpoints.save(&mut learner, &progress, recipe)?;
    }
    Ok(progress)
}

/// The lengths of all rows that are learnt from, in the order in which they are counted.
fn lengths(corpus: &Corpus) -> Vec<usize> {
    let rows = corpus.train.iter().chain(&corpus.unlabelled).chain(&corpus.guessed);
    rows.map(|row| row.pieces.ids.len()).collect()
}

/// The batches of a round: all, or the part that the recipe says.
fn round_of(recipe: &Recipe, lengths: &[usize], round: usize) -> Vec<Vec<usize>> {
    let mut order = batches(lengths, recipe.rounds.batch, recipe.seed, round);
    order.truncate((order.len() as f64 * recipe.rounds.share).ceil() as usize);
    order
}

/// Of every row, whether some round learns from it.
fn used(recipe: &Recipe, lengths: &[usize]) -> Vec<bool> {
    let mut used = vec![false; lengths.len()];
    for round in 0..recipe.rounds.epochs {
        round_of(recipe, lengths, round).into_iter().flatten().for_each(|row| used[row] = true);
    }
    used
}

/// What each row of a step is read as: some of the texts are changed, in the recipe's share.
fn perturbed(rows: &[&Example], recipe: &Recipe, step: usize, encoder: &PieceEncoder) -> Result<Vec<Pieces>> {
    // Traditional characters, full width and pictures are undone by the text stage, so the encoder never sees them; and faces say
    // something.
    const KINDS: [Perturbation; 4] =
        [Perturbation::Typos, Perturbation::Homophones, Perturbation::NoPunctuation, Perturbation::Speech];
    let share = f64::from(recipe.regularize.perturb);
    let read = |(place, row): (usize, &&Example)| {
        let mut dice = Dice::new(recipe.seed ^ ((step as u64) << 16 | place as u64));
        if share == 0.0 || dice.share() >= share {
            return Ok(row.pieces.clone());
        }
        let changed = dice.one(&KINDS).apply(row.reading.text.as_str(), (dice.share() * 1e15) as u64);
        let pieces = encoder.encode(&changed)?;
        // A text of marks alone has nothing left without them.
        Ok(if pieces.ids.len() > 2 { pieces } else { row.pieces.clone() })
    };
    rows.iter().enumerate().map(read).collect()
}

/// Accuracy of the one-of heads and of the sentiment's sign on every dev file. Without a dev file the calibration part
/// takes its place.
fn measure(
    learner: &mut Learner,
    recipe: &Recipe,
    taxonomy: &Taxonomy,
    corpus: &Corpus,
    device: &Device,
) -> Result<Accuracies> {
    let mut tensors: std::collections::HashMap<_, _> = learner.snapshot()?.into_iter().collect();
    let mut take =
        |name: &str| tensors.remove(name).ok_or_else(|| crate::Error::Internal(format!("the snapshot has no {name}")));
    let (head_weight, head_bias) = (take(HEAD_WEIGHT)?.to_device(device)?, take(HEAD_BIAS)?.to_device(device)?);
    let config = learner.encoder.config.clone();
    let weights = Weights::from_hf(tensors, &config, device).map_err(crate::Error::Internal)?;
    let encoder = Encoder { config, weights };
    let layout = HeadLayout::of(taxonomy);
    let mut out = Accuracies::new();
    let own = [("calibration".to_owned(), &corpus.calibration)];
    let sets: Vec<(String, &Vec<Example>)> = match corpus.dev.is_empty() {
        false => corpus.dev.iter().map(|(name, rows)| (name.clone(), rows)).collect(),
        true => own.into_iter().collect(),
    };
    for (name, rows) in sets {
        let pieces: Vec<_> = rows.iter().map(|r| r.pieces.clone()).collect();
        let answers = infer(&encoder, &head_weight, &head_bias, recipe.encoder()?.pooling, &layout, &pieces)?;
        let logits: Vec<_> = answers.into_iter().map(|answer| answer.logits).collect();
        let mut scores = BTreeMap::new();
        for (head, _) in layout.spans() {
            if let Some(share) = accuracy(head, rows, &logits) {
                scores.insert(head.name().to_owned(), share);
            }
        }
        out.insert(name, scores);
    }
    Ok(out)
}

pub(super) fn accuracy(head: Head, rows: &[Example], logits: &[HeadValues]) -> Option<f64> {
    let mut right = 0;
    let mut all = 0;
    for (row, z) in rows.iter().zip(logits) {
        let (Some(target), Some(best)) = (row.targets.get(head), z.best(head)) else { continue };
        let hit = match (head.answer(), target, best) {
            (Answer::OneOf, crate::data::Target::Label(label), (best, _)) => best == *label,
            (Answer::Scalar, crate::data::Target::Value(value), (_, z)) if *value != 0.0 => (*value > 0.0) == (z > 0.0),
            _ => continue,
        };
        all += 1;
        right += usize::from(hit);
    }
    (all > 0).then(|| right as f64 / all as f64)
}

/// The number that chooses the best round: a head's accuracy, or the mean over the heads, averaged over the dev files.
fn metric(accuracy: &Accuracies, name: &str) -> f64 {
    let sets = accuracy.values().filter_map(|heads| match name {
        "mean" => (!heads.is_empty()).then(|| heads.values().sum::<f64>() / heads.len() as f64),
        head => heads.get(head).copied(),
    });
    let values: Vec<f64> = sets.collect();
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
