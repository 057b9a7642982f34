use super::{Recipe, seal::Metrics};
use crate::{
    bundle::Manifest,
    evaluate::{Evaluation, Question, Scores},
    taxonomy::Taxonomy,
};
use std::fmt::Write;

/// The model card (Mitchell and others 2019): what the bundle is, what it learnt from, how good it is, where it fails. All
/// numbers come from `metrics.json`.
pub fn card(manifest: &Manifest, recipe: &Recipe, taxonomy: &Taxonomy, metrics: &Metrics) -> String {
    let mut out = String::new();
    let w = &mut out;
    let mut line = |text: String| writeln!(w, "{text}").expect("writing to a string cannot fail");
    line(format!("# {} ({})\n", manifest.id(), taxonomy.name.zh));
    if !recipe.bundle.description.is_empty() {
        line(format!("{}\n", recipe.bundle.description.trim()));
    }
    line("| | |\n|---|---|".into());
    line(format!("| taxonomy | {} |", manifest.taxonomy));
    line(format!("| encoder | {} |", encoder(recipe)));
    line(format!("| written by | fenzhen {} |", manifest.engine));
    if !recipe.bundle.licence.is_empty() {
        line(format!("| licence | {} |", recipe.bundle.licence));
    }
    line(format!(
        "| training | {} rows, {} rounds (best: {}), {:.0} minutes, seed {} |",
        metrics.training_rows,
        metrics.rounds,
        metrics.best_round,
        metrics.training_seconds / 60.0,
        metrics.seed
    ));
    if let Some(distill) = &recipe.distill {
        let (teachers, share) = (distill.teachers.len(), 100.0 * distill.weight);
        line(format!(
            "| teachers | {teachers}, whose common opinion is {share:.0} % of what a labelled row teaches a head |"
        ));
    }
    let size: u64 = manifest.files.values().map(|f| f.bytes).sum();
    line(format!("| size | {:.1} MB, weights as {:?} |\n", size as f64 / 1e6, recipe.bundle.storage));

    line("## What it learnt from\n\n| file | part | rows | SHA-256 |\n|---|---|---|---|".into());
    for source in &metrics.sources {
        line(format!("| {} | {} | {} | `{}…` |", source.path, source.part, source.rows, &source.sha256[..16]));
    }
    line(format!(
        "\n{} rows, chosen by a hash of their text or held out whole, taught no weight: a third of them fitted the temperatures and the blend, the others the bands.\n",
        metrics.calibration_rows
    ));

    for (set, models) in &metrics.dev {
        line(format!("## On {set}\n"));
        line(
            "Accuracy with 95 % bootstrap intervals; `both` is what answers. The dev files chose the best round.\n"
                .into(),
        );
        line("| question | both | transformer alone | linear alone |\n|---|---|---|---|".into());
        for question in Question::ALL {
            let cells: Vec<String> = ["both", "transformer", "linear"]
                .iter()
                .map(|model| models.get(*model).and_then(|e| cell(e, question)).unwrap_or_else(|| "–".into()))
                .collect();
            if cells.iter().any(|c| c != "–") {
                line(format!("| {} | {} |", question.name(), cells.join(" | ")));
            }
        }
        if let Some(teachers) = metrics.teachers.get(set) {
            let heads: Vec<String> = teachers.iter().map(|(head, share)| format!("{head} {share:.3}")).collect();
            line(format!("\nThe teachers together: {}.", heads.join(", ")));
        }
        if let Some(recall) = models.get("both").and_then(|e| e.one_of(Question::JointPriority)?.urgent_recall) {
            line(format!("\nRecall of the most urgent level by the joint decision: {:.3}.", recall.value));
        }
        line(String::new());
    }
    line("## Calibration\n\n| head | ECE before | after |\n|---|---|---|".into());
    for gain in &metrics.calibration {
        line(format!("| {} | {:.3} | {:.3} |", gain.head.name(), gain.ece.0, gain.ece.1));
    }
    line(
        "\nMeasured on the calibration part, where the temperatures were fitted: expect a little more elsewhere.\n"
            .into(),
    );
    if let Some(scope) = &metrics.scope {
        line(format!(
            "## Texts from outside\n\nLearnt from {} complaints and {} foreign texts: rows of the calibration part whose category is \
             foreign itself, and texts of {}; scores are shares of {} other complaints. Of all these complaints {} taught weights. {}\n",
            scope.learnt,
            scope.foreign,
            scope
                .sources
                .iter()
                .map(|s| format!("{} ({} rows, `{}…`)", s.path, s.rows, &s.sha256[..16]))
                .collect::<Vec<_>>()
                .join(", "),
            scope.unseen,
            scope.taught,
            scope.set_aside.sentence()
        ));
        let changed = scope.complaints.iter().filter(|now| !metrics.sources.contains(now));
        for now in changed {
            let (path, rows, hash) = (&now.path, now.rows, &now.sha256[..16]);
            line(format!("{path} was another file by then, of {rows} rows (`{hash}…`).\n"));
        }
        if !scope.left_out.is_empty() {
            line(format!(
                "Each kind was told by what the other kinds alone had taught; a person decides above a score of {}.\n\n\
                 | kind | texts | AUROC | pass where 95 % of the complaints do | to a person |\n|---|---|---|---|---|",
                scope.threshold
            ));
        }
        for kind in &scope.left_out {
            let (passing, caught) = (100.0 * kind.passing, 100.0 * kind.caught);
            let (name, texts, auroc) = (&kind.kind, kind.texts, kind.auroc);
            line(format!("| {name} | {texts} | {auroc:.3} | {passing:.1} % | {caught:.1} % |"));
        }
        line(String::new());
    }
    if let Some(similar) = &recipe.similar {
        let paths: Vec<String> = similar.rows.iter().map(|source| source.path.display().to_string()).collect();
        line(format!(
            "## What it keeps\n\nThe texts of {}, masked, with their labels, to show those that are like a complaint when its \
             decision is explained.\n",
            paths.join(", ")
        ));
    }
    line("## Limits\n\nThe model knows the kinds of text named above. Outside them (other languages, other trades, advertising) its \
        probabilities mean less: keep the review band on. It must not be the only reader of a message about danger to life.".into());
    out
}

fn encoder(recipe: &Recipe) -> String {
    match &recipe.encoder {
        None => "none: a linear model alone".into(),
        Some(encoder) if encoder.origin.is_empty() => encoder.path.display().to_string(),
        Some(encoder) => encoder.origin.clone(),
    }
}

fn cell(evaluation: &Evaluation, question: Question) -> Option<String> {
    Some(match evaluation.scores.get(&question)? {
        Scores::OneOf(s) => format!("{:.3} ({:.3}–{:.3})", s.accuracy.value, s.accuracy.low, s.accuracy.high),
        Scores::AnyOf(s) => format!("micro F1 {:.3}", s.micro_f1.value),
        Scores::Scalar(s) => format!("sign {:.3}, off by {:.3}", s.sign_accuracy.value, s.mean_error.value),
    })
}
