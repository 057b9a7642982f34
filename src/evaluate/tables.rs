//! The measurements as CSV files, for a spreadsheet.

use super::{Evaluation, Scores, confusion::ClassScores, reliability::Reliability};
use crate::{Error, Result};
use std::path::Path;

/// Writes `confusion-`, `classes-` and `reliability-QUESTION.csv` for every question that has them, each file name beginning
/// with `prefix`. The folder is made if it is not there.
pub fn write(folder: &Path, prefix: &str, evaluation: &Evaluation) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
    for (question, scores) in &evaluation.scores {
        let file = |what: &str| folder.join(format!("{prefix}{what}-{}.csv", question.name()));
        match scores {
            Scores::OneOf(scores) => {
                table(&file("confusion"), confusion(&scores.confusion.labels, &scores.confusion.counts))?;
                table(&file("classes"), classes(&scores.classes))?;
                if let Some(probabilities) = &scores.probabilities {
                    table(&file("reliability"), reliability(&probabilities.reliability))?;
                }
            }
            Scores::AnyOf(scores) => {
                table(&file("classes"), classes(&scores.classes))?;
                table(&file("reliability"), reliability(&scores.reliability))?;
            }
            Scores::Scalar(_) => {}
        }
    }
    Ok(())
}

fn table(path: &Path, records: Vec<Vec<String>>) -> Result<()> {
    let fault = |e: csv::Error| Error::file(path, e.into());
    let mut writer = csv::Writer::from_path(path).map_err(fault)?;
    records.iter().try_for_each(|record| writer.write_record(record)).map_err(fault)?;
    writer.flush().map_err(|e| Error::file(path, e))
}

fn confusion(labels: &[String], counts: &[Vec<u32>]) -> Vec<Vec<String>> {
    let head = ["right \\ predicted".to_owned()].into_iter().chain(labels.iter().cloned()).collect();
    let line = |(label, row): (&String, &Vec<u32>)| {
        [label.clone()].into_iter().chain(row.iter().map(u32::to_string)).collect()
    };
    [head].into_iter().chain(labels.iter().zip(counts).map(line)).collect()
}

fn classes(classes: &[ClassScores]) -> Vec<Vec<String>> {
    let head = ["label", "precision", "recall", "f1", "support", "predicted"].map(str::to_owned).to_vec();
    let line = |class: &ClassScores| {
        let [precision, recall, f1] = [class.precision, class.recall, class.f1].map(|n| format!("{n:.4}"));
        vec![class.label.clone(), precision, recall, f1, class.support.to_string(), class.predicted.to_string()]
    };
    [head].into_iter().chain(classes.iter().map(line)).collect()
}

fn reliability(reliability: &Reliability) -> Vec<Vec<String>> {
    let head = ["low", "high", "rows", "said", "right"].map(str::to_owned).to_vec();
    let lines = reliability.bins.iter().map(|bin| {
        let [low, high, said, right] = [bin.low, bin.high, bin.said, bin.right].map(|n| format!("{n:.4}"));
        vec![low, high, bin.rows.to_string(), said, right]
    });
    [head].into_iter().chain(lines).collect()
}
