//! `fenzhen policy fit`.

use crate::{
    Complaint, Error, Pipeline, Result,
    classify::Head,
    command::{ModelFlags, aligned::aligned, stdout::print},
    policy::Policy,
    prioritize::{Measure, beyond, measures, settled},
    segment::Segmenter,
    train::{
        Corpus, Example, Recipe,
        urgency::{self, Fit as Fitted, Hold, Sample},
    },
};
use std::{path::PathBuf, process::ExitCode};

/// Say which points fit the labels
///
/// Reads the calibration part of a recipe's data (no weight of the bundle learnt from it), starts from the policy's points,
/// and prints old and new points a signal. Write the ones that convince you into your policy.toml; nothing is changed here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  fenzhen policy fit training/retail.toml --bundle models/retail")]
pub struct Fit {
    /// The recipe of the bundle
    #[arg(value_name = "RECIPE")]
    recipe: PathBuf,
    /// How far, in points, a signal may reasonably move
    #[arg(long, default_value_t = 4.0)]
    leeway: f64,
    /// What missing the most urgent level costs, against 1 for any other miss
    #[arg(long, default_value_t = 1.0)]
    urgent_cost: f64,
    #[command(flatten)]
    model: ModelFlags,
}

impl Fit {
    pub fn run(&self) -> Result<ExitCode> {
        let recipe = Recipe::open(&self.recipe)?;
        let pipeline = self.model.open()?;
        let corpus = Corpus::read(&recipe, &pipeline.taxonomy, &Segmenter::new(), None)?;
        let vectors = vectors(&pipeline, &corpus.calibration)?;
        let Some((first, ..)) = vectors.first() else {
            let reason = "the calibration part has no row with a priority".into();
            return Err(Error::InvalidRequest { what: "policy fit".into(), reason });
        };
        let names: Vec<String> = first.iter().map(|m| m.name.clone()).collect();
        let old: Vec<f64> = first.iter().map(|m| m.weight as f64).collect();
        let begins: Vec<f64> = pipeline.policy.levels.iter().map(|&b| b as f64).collect();
        let hold = Hold { leeway: self.leeway, urgent_cost: self.urgent_cost, ..Hold::default() };
        let samples = samples(&vectors);
        let policy = &pipeline.policy;
        let fit = urgency::fit(&samples, &old, &begins, hold);
        let mut rows = vec![["signal", "fired", "now", "fitted"].map(str::to_owned).to_vec()];
        for (i, name) in names.iter().enumerate() {
            let fired = samples.iter().filter(|s| s.values[i] != 0.0).count();
            if fired > 0 {
                rows.push(vec![
                    name.clone(),
                    fired.to_string(),
                    format!("{:.1}", old[i]),
                    format!("{:.1}", fit.weights[i]),
                ]);
            }
        }
        for (k, (now, fitted)) in begins.iter().zip(&fit.begins).enumerate() {
            let level = &pipeline.taxonomy.priorities[k].label.id;
            rows.push(vec![format!("levels.{level}"), String::new(), format!("{now:.1}"), format!("{fitted:.1}")]);
        }
        let mut out = aligned(&rows);
        let before = Fitted { weights: old, begins };
        let mut scores =
            vec![["part", "rows", "accuracy now", "fitted", "urgent recall now", "fitted"].map(str::to_owned).to_vec()];
        scores.push(line(policy, "calibration", &vectors, &before, &fit));
        for (name, rows) in &corpus.dev {
            scores.push(line(policy, name, &self::vectors(&pipeline, rows)?, &before, &fit));
        }
        out += "\n";
        out += &aligned(&scores);
        print(&out)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The signal vector of a row, its level, and what the model's priority head says.
type Labelled = (Vec<Measure>, usize, Vec<f32>);

/// Every row that has a priority.
fn vectors(pipeline: &Pipeline, rows: &[Example]) -> Result<Vec<Labelled>> {
    let readings: Vec<_> = rows.iter().map(|e| &e.reading).collect();
    let complaint = Complaint::default();
    let findings = pipeline.find_readings(&readings)?;
    let labelled = rows.iter().zip(findings).filter_map(|(row, f)| {
        let level = row.targets.label(Head::Priority)?;
        let (policy, taxonomy) = (&pipeline.policy, &pipeline.taxonomy);
        let measures = measures(policy, taxonomy, &complaint, &row.reading, &f.prediction, &f.feeling);
        Some((measures, level, f.prediction[Head::Priority].clone()))
    });
    Ok(labelled.collect())
}

fn samples(vectors: &[Labelled]) -> Vec<Sample> {
    vectors.iter().map(|(v, level, _)| Sample { values: v.iter().map(|m| m.value).collect(), level: *level }).collect()
}

/// Accuracy and recall of the most urgent level, before and after; what the policy leaves to the model the model settles.
fn line(policy: &Policy, name: &str, rows: &[Labelled], before: &Fitted, after: &Fitted) -> Vec<String> {
    let score = |fit: &Fitted| {
        let (mut right, mut urgent, mut found) = (0.0, 0.0, 0.0);
        for (measures, truth, probabilities) in rows {
            let points: f64 = measures.iter().zip(&fit.weights).map(|(m, w)| f64::from(m.value) * w).sum();
            let level = urgency::level(points, &fit.begins);
            let level = settled(policy, probabilities, level, beyond(measures));
            right += f64::from(u8::from(level == *truth));
            if *truth == 0 {
                urgent += 1.0;
                found += f64::from(u8::from(level == 0));
            }
        }
        (right / f64::max(rows.len() as f64, 1.0), found / f64::max(urgent, 1.0))
    };
    let ((a, r), (b, s)) = (score(before), score(after));
    vec![
        name.into(),
        rows.len().to_string(),
        format!("{a:.3}"),
        format!("{b:.3}"),
        format!("{r:.3}"),
        format!("{s:.3}"),
    ]
}
