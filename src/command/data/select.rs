//! `fenzhen data select`.

use super::{Labelled, audit::bar};
use crate::{
    Error, Pipeline, Result,
    classify::{Head, Which},
    command::{
        ModelFlags, OutputFlags,
        aligned::{aligned, count},
        stdout::print,
    },
    data::{
        Row,
        select::{Chooser, Chosen, Doubt, Settings, Why},
        text_id,
    },
    segment::{Reading, Segmenter},
};
use serde_json::json;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

/// So many texts are answered at a time.
const BATCH: usize = 256;
/// What the model is asked about.
const HEADS: [Head; 2] = [Head::Category, Head::Department];

/// Choose the texts of a pool that are worth labelling next
///
/// Takes texts that the bundle is unsure of (margin and entropy of category and department) and that are unlike each other,
/// leaves out near copies of each other and of what is labelled, and draws a share by chance, so that what the model is
/// wrongly sure of is seen too. Writes rows without labels, texts masked; the field source says why each was chosen.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Select {
    /// CSV or JSONL file of texts
    #[arg(value_name = "POOL")]
    pool: PathBuf,
    /// How many to choose
    #[arg(long, short = 'n', value_name = "N", default_value_t = 200)]
    count: usize,
    /// Share of them that is drawn by chance
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    random: f64,
    /// Files whose texts have labels already
    #[arg(long, value_name = "FILE", num_args = 1..)]
    labelled: Vec<PathBuf>,
    /// Where the chosen rows go, as JSONL
    #[arg(long, short, value_name = "OUT")]
    output: PathBuf,
    /// Which of the bundle's models is asked: both, transformer, linear (the fastest); without it what the bundle serves
    #[arg(long, value_name = "MODEL")]
    models: Option<Which>,
    /// Another seed draws other random rows
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Overwrite an output that is there already
    #[arg(long)]
    force: bool,
    /// Which column holds which field, where the names differ: text=内容,id=编号
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',', value_parser = super::pair)]
    columns: Vec<(String, String)>,
    #[command(flatten)]
    model: ModelFlags,
    #[command(flatten)]
    talk: OutputFlags,
}

const AFTER_HELP: &str = "Examples:
  fenzhen data select pool.jsonl -n 200 --labelled datasets/retail/train.jsonl -o chosen.jsonl
  fenzhen data select 投诉.csv --columns text=投诉内容 -n 500 --random 0.2 --models linear -o chosen.jsonl

Exit code 1: some rows of the pool could not be read.";

/// A row of the pool, as it goes out: without labels, its text masked.
#[derive(Clone)]
struct Pooled {
    line: usize,
    row: Row,
}

impl Select {
    pub fn run(&self) -> Result<ExitCode> {
        let refuse = |what: &str, reason: &str| Error::InvalidRequest { what: what.into(), reason: reason.into() };
        if !(0.0..=1.0).contains(&self.random) {
            return Err(refuse("--random", "a share lies between 0 and 1"));
        }
        if self.output.exists() && !self.force {
            let reason = "it is there already; give another name, or --force".into();
            return Err(Error::Data { path: self.output.clone(), reason });
        }
        // A wrong path should be told before the model is loaded.
        if let Some(missing) = self.labelled.iter().chain([&self.pool]).find(|path| !path.exists()) {
            return Err(Error::file(missing, std::io::ErrorKind::NotFound.into()));
        }
        let mut chooser = Chooser::new(Settings { count: self.count, random: self.random, seed: self.seed });
        let reader = Labelled { taxonomy: None, columns: self.columns.clone() };
        for path in &self.labelled {
            for numbered in (Labelled { taxonomy: None, columns: Vec::new() }).source(path).rows()? {
                if let Ok(row) = numbered?.row {
                    chooser.labelled(&row.text);
                }
            }
        }
        let pipeline = self.model.open()?;
        let pipeline = match self.models {
            Some(which) => pipeline.with_models(which)?,
            None => pipeline,
        };
        if HEADS.iter().all(|head| head.width(&pipeline.taxonomy) < 2) {
            return Err(refuse("--bundle", "it answers neither category nor department"));
        }
        let read = self.read(&reader, &pipeline, &mut chooser)?;
        let repeats = chooser.repeats;
        let bar = bar(self.count, "chosen", self.talk.quiet);
        let chosen = chooser.choose(&|done| bar.set_position(done as u64));
        bar.finish_and_clear();
        self.write(&chosen)?;
        print(&self.told(&chosen, read, repeats)?)?;
        if !self.talk.quiet {
            eprintln!("written  {} with {} rows", self.output.display(), count(chosen.len()));
        }
        Ok(ExitCode::from(u8::from(read.broken > 0)))
    }

    fn read(&self, reader: &Labelled, pipeline: &Pipeline, chooser: &mut Chooser<Pooled>) -> Result<Read> {
        let segmenter = Segmenter::new();
        let bar = bar(0, "rows", self.talk.quiet);
        let mut read = Read::default();
        let mut batch: Vec<(Pooled, String, Reading)> = Vec::new();
        for numbered in reader.source(&self.pool).rows()? {
            let numbered = numbered?;
            read.rows += 1;
            let Ok(row) = numbered.row else {
                read.broken += 1;
                continue;
            };
            let Ok(reading) = segmenter.read(&row.text) else {
                read.wordless += 1;
                continue;
            };
            if !chooser.is_new(&row.text) {
                continue;
            }
            let pooled = Row {
                id: Some(row.id.unwrap_or_else(|| text_id(&row.text))),
                source: row.source,
                text: reading.text.masked(),
                channel: row.channel,
                group: row.group,
                time: row.time,
                ..Row::default()
            };
            batch.push((Pooled { line: numbered.line, row: pooled }, row.text, reading));
            if batch.len() == BATCH {
                offer(pipeline, chooser, &mut batch)?;
                bar.set_position(read.rows as u64);
            }
        }
        offer(pipeline, chooser, &mut batch)?;
        bar.finish_and_clear();
        Ok(read)
    }

    fn write(&self, chosen: &[Chosen<Pooled>]) -> Result<()> {
        let fault = |source| Error::file(&self.output, source);
        let mut file = BufWriter::new(File::create(&self.output).map_err(fault)?);
        for one in chosen {
            let mut row = one.item.row.clone();
            row.source = Some(row.source.map_or(String::new(), |source| source + " | ") + &why(one));
            serde_json::to_writer(&mut file, &row).map_err(|e| fault(e.into()))?;
            file.write_all(b"\n").map_err(fault)?;
        }
        file.flush().map_err(fault)
    }

    fn told(&self, chosen: &[Chosen<Pooled>], read: Read, repeats: usize) -> Result<String> {
        let random = chosen.iter().filter(|one| one.why == Why::Random).count();
        if self.talk.json {
            let rows: Vec<_> = chosen
                .iter()
                .map(|one| {
                    json!({
                        "line": one.item.line, "id": one.item.row.id, "why": one.why, "distance": one.distance,
                        "uncertainty": one.doubt.uncertainty, "heads": one.doubt.heads,
                    })
                })
                .collect();
            let told = json!({
                "pool": read.rows, "broken": read.broken, "wordless": read.wordless, "repeats": repeats,
                "wanted": self.count, "chosen": rows,
            });
            return serde_json::to_string_pretty(&told)
                .map(|text| text + "\n")
                .map_err(|e| Error::Internal(e.to_string()));
        }
        let numbers = [
            ("pool", read.rows),
            ("broken", read.broken),
            ("without words", read.wordless),
            ("repeats", repeats),
            ("wanted", self.count),
            ("chosen", chosen.len()),
            ("  uncertain", chosen.len() - random),
            ("  random", random),
        ];
        Ok(aligned(&numbers.map(|(name, n)| vec![name.to_owned(), count(n)])))
    }
}

/// What a pool held.
#[derive(Debug, Clone, Copy, Default)]
struct Read {
    rows: usize,
    broken: usize,
    wordless: usize,
}

fn offer(pipeline: &Pipeline, chooser: &mut Chooser<Pooled>, batch: &mut Vec<(Pooled, String, Reading)>) -> Result<()> {
    let readings: Vec<&Reading> = batch.iter().map(|(.., reading)| reading).collect();
    let predictions = pipeline.predict(&readings)?;
    for ((pooled, text, _), prediction) in batch.drain(..).zip(predictions) {
        chooser.offer(pooled, &text, Doubt::of(&prediction, &HEADS, &pipeline.taxonomy));
    }
    Ok(())
}

/// In words. Of random rows the model's guess is not told: it would sway the labeller.
fn why(one: &Chosen<Pooled>) -> String {
    if one.why == Why::Random {
        return "select: random".into();
    }
    let heads: Vec<String> = one
        .doubt
        .heads
        .iter()
        .map(|asked| {
            format!(
                "{} {} {:.2} or {} {:.2}",
                asked.head.name(),
                asked.first,
                asked.first_probability,
                asked.second,
                asked.second_probability
            )
        })
        .collect();
    format!("select: uncertain {:.2}, new {:.2}; {}", one.doubt.uncertainty, one.distance, heads.join("; "))
}
