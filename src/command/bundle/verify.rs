//! `fenzhen bundle verify`.

use super::Folder;
use crate::{
    Complaint, Pipeline, Result,
    bundle::Bundle,
    classify::{Head, transformer::Kernel},
    command::{aligned::aligned, stdout::print},
    data::Source,
    evaluate::parity::{LARGEST_MEAN, LEAST_EQUAL, Parity, parity},
    segment::{Reading, Segmenter},
};
use std::{path::PathBuf, process::ExitCode};

/// Check every file against its hash, open the bundle, and run it once
///
/// With --data, a bundle that answers in bytes is also asked in f32: the report says how often both name the same label and how
/// far their probabilities lie apart. Where that costs too much, the exit code is 1; `precision = "f32"` under [bundle] in
/// the recipe, or under `reading` in the manifest, makes the bundle answer in f32.
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    folder: Folder,
    /// Texts to compare bytes and f32 on (JSONL or CSV); their labels do not matter
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
}

impl Verify {
    pub fn run(&self) -> Result<ExitCode> {
        let opened = Bundle::open(&self.folder.folder)?;
        let manifest = opened.manifest.clone();
        // A file can be whole and still not answer; a short text shows it.
        let pipeline = Pipeline::open(&self.folder.folder, None)?;
        let decision = pipeline.decide(&Complaint::of("试一试"))?;
        let heads = Head::ALL.into_iter().filter(|h| h.width(&opened.taxonomy) > 0).count();
        let compared = self.compare(&opened)?;
        if self.folder.json {
            let mut whole =
                serde_json::json!({ "bundle": manifest.id(), "files": manifest.files.len(), "heads": heads });
            if let Some((_, parity)) = &compared {
                whole["parity"] = serde_json::json!(parity);
                whole["kernel"] = serde_json::json!(Kernel::best().name());
            }
            print(&format!("{whole}\n"))?;
        } else {
            let (id, files) = (decision.versions.bundle, manifest.files.len());
            let mut out = format!("ok  {id}: {files} files, {heads} heads, answers\n");
            if let Some((rows, parity)) = &compared {
                let kernel = Kernel::best().name();
                out += &format!("\nbytes against f32 on {rows} texts, kernel {kernel}\n");
                out += &table(parity);
            }
            print(&out)?;
        }
        let fails = compared.iter().flat_map(|(_, parity)| parity).any(|parity| !parity.holds());
        if fails {
            eprintln!(
                "error: bytes answer otherwise than f32 too often: fewer than {LEAST_EQUAL} equal labels, or more than {LARGEST_MEAN} apart"
            );
            eprintln!("hint: set `precision = \"f32\"` under [bundle] in the recipe and assemble the bundle again");
        }
        Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Number of texts and what came out, if there are texts.
    fn compare(&self, opened: &Bundle) -> Result<Option<(usize, Vec<Parity>)>> {
        if self.data.is_empty() {
            return Ok(None);
        }
        let segmenter = Segmenter::new();
        let mut readings: Vec<Reading> = Vec::new();
        for path in &self.data {
            let rows = Source::of(path).load()?;
            // A text without a word cannot be asked about at all.
            readings.extend(rows.iter().filter_map(|row| segmenter.read(&row.text).ok()));
        }
        let readings: Vec<&Reading> = readings.iter().collect();
        Ok(Some((readings.len(), parity(opened, &readings)?)))
    }
}

fn table(parity: &[Parity]) -> String {
    let mut rows = vec![["head", "equal labels", "mean difference", "largest"].map(str::to_owned).to_vec()];
    for p in parity {
        let (equal, mean, largest) = (format!("{:.4}", p.equal), format!("{:.4}", p.mean), format!("{:.3}", p.largest));
        rows.push(vec![p.head.name().to_owned(), equal, mean, largest]);
    }
    aligned(&rows)
}
