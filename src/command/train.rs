//! `fenzhen train`.

use crate::{
    Result,
    classify::transformer::device,
    train::{
        self, Corpus, Recipe, Talk,
        checkpoint::{Accuracies, Progress, Round},
        fit::StepAt,
        pass::Products,
        scope::Lesson,
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal,
    path::PathBuf,
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

/// Train a bundle from a recipe
///
/// A training that was stopped goes on from its last checkpoint when the same command runs again, and ends with the same
/// weights. One that is finished fits the linear model, calibrates and writes the bundle again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen train training/retail.toml -o runs/retail
  fenzhen train training/weibo-emotion.toml -o runs/weibo --threads 2
  fenzhen train training/retail.toml --teacher 18 -o runs/retail-18 --device cuda:0")]
pub struct Train {
    /// The recipe (TOML)
    #[arg(value_name = "RECIPE")]
    recipe: PathBuf,
    /// Folder for the bundle and, inside it, the checkpoints
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Threads; 0 takes one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Another seed than the recipe's
    #[arg(long)]
    seed: Option<u64>,
    /// Train a teacher for this recipe's student instead: without `[distill]`, with this seed and the same calibration rows
    #[arg(long, value_name = "SEED", conflicts_with = "seed")]
    teacher: Option<u64>,
    /// With --teacher: its bundle too, which teaches as it is served, its linear model included
    #[arg(long, requires = "teacher", conflicts_with = "no_bundle")]
    bundle: bool,
    /// Stop once the weights are trained: the same command without this flag makes the bundle, on another machine too
    #[arg(long)]
    no_bundle: bool,
    /// Where the encoder learns: cpu, or cuda:N in a build with the feature cuda
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
    /// In what numbers a CPU multiplies instead of those of the recipe; bf16 learns 1.7 times as fast and needs AVX-512 BF16
    #[arg(long, value_name = "NUMBERS")]
    products: Option<Products>,
    /// No progress and no remarks on stderr
    #[arg(long, short)]
    quiet: bool,
}

impl Train {
    pub fn run(&self) -> Result<ExitCode> {
        let mut recipe = Recipe::open(&self.recipe)?;
        if let Some(seed) = self.seed {
            // A student's teachers have left out the rows that the recipe's own seed chooses.
            if recipe.distill.is_some() {
                recipe.data.seed.get_or_insert(recipe.seed);
            }
            recipe.seed = seed;
        }
        if let Some(seed) = self.teacher {
            recipe = recipe.of_teacher(seed);
        }
        if let Some(products) = self.products {
            recipe.rounds.products = products;
        }
        if self.threads > 0 {
            // Ignored where a pool exists already, which only an embedding program can bring about.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build_global();
        }
        let device = device(&self.device)?;
        let talk: Box<dyn Talk> = if self.quiet { Box::new(()) } else { Box::new(Loud::new()) };
        if self.no_bundle || (self.teacher.is_some() && !self.bundle) {
            let progress = train::weights(&recipe, &self.out, &device, &*talk)?;
            println!("{} rounds\t{}", progress.rounds, self.out.display());
            return Ok(ExitCode::SUCCESS);
        }
        let manifest = train::run(&recipe, &self.out, &device, &*talk)?;
        println!("{}\t{}", manifest.id(), self.out.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Bars on a terminal, a line every half minute elsewhere.
struct Loud {
    bar: Option<ProgressBar>,
    last: Mutex<Instant>,
}

impl Loud {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = "{elapsed_precise} {bar:30} {pos}/{len} {msg}";
            ProgressBar::new(0).with_style(ProgressStyle::with_template(style).expect("the template is well formed"))
        });
        Loud { bar, last: Mutex::new(Instant::now()) }
    }

    fn say(&self, text: String) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

impl Loud {
    /// On a bar, or in a line of its own if half a minute has passed since the last one.
    fn progress(&self, what: &str, (done, of): (usize, usize), unit: &str, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
                bar.set_message(format!("{unit}{text}"));
            }
            None => {
                let mut last = self.last.lock().expect("nobody panics while holding it");
                if last.elapsed() > Duration::from_secs(30) {
                    *last = Instant::now();
                    eprintln!("{what} {done}/{of}{text}");
                }
            }
        }
    }

    fn accuracies(&self, accuracy: &Accuracies) {
        for (set, heads) in accuracy {
            let heads: Vec<String> = heads.iter().map(|(head, share)| format!("{head} {share:.3}")).collect();
            self.say(format!("         {set}: {}", heads.join(" · ")));
        }
    }
}

impl Talk for Loud {
    fn corpus(&self, corpus: &Corpus) {
        for path in &corpus.absent {
            self.say(format!("absent   {path} (optional): going on without it"));
        }
        for source in corpus.sources.iter().filter(|s| s.skipped > 0) {
            self.say(format!("skipped  {} rows of {} that have no words", source.skipped, source.path));
        }
        let dev: Vec<String> = corpus.dev.iter().map(|(_, rows)| rows.len().to_string()).collect();
        let (train, calibration) = (corpus.train.len(), corpus.calibration.len());
        let alone = match corpus.unlabelled.len() + corpus.guessed.len() {
            0 => String::new(),
            n => format!(" and {n} texts without labels"),
        };
        self.say(format!(
            "read     {train} rows to learn{alone}, {calibration} to calibrate, {} to measure",
            dev.join(" + ")
        ));
    }

    fn lesson(&self, lesson: &Lesson) {
        for path in &lesson.absent {
            self.say(format!("absent   {path} (optional): going on without it"));
        }
        self.say(format!("foreign  {}", lesson.set_aside.sentence()));
    }

    fn asked(&self, answers: usize, of: usize) {
        self.progress("asked   ", (answers, of), "answers of teachers", "");
    }

    fn teachers(&self, accuracy: &Accuracies) {
        self.say("teachers, together:".into());
        self.accuracies(accuracy);
    }

    fn resumed(&self, progress: &Progress) {
        self.say(format!("resumed  after {} rounds and {} steps", progress.rounds, progress.steps));
    }

    fn step(&self, at: StepAt) {
        let left = Duration::from_secs(at.seconds_left as u64);
        let left = format!("{}:{:02}:{:02}", left.as_secs() / 3600, left.as_secs() / 60 % 60, left.as_secs() % 60);
        let text = format!(" · loss {:.3} · {:.1} rows/s · {left} left", at.loss, at.rows_per_second);
        self.progress("step    ", (at.step, at.steps), "steps", &text);
    }

    fn round(&self, number: usize, round: &Round, best: bool) {
        let mark = if best { " (best so far)" } else { "" };
        let guessed = round.guessed.map_or(String::new(), |loss| format!(", a hidden piece {loss:.3}"));
        self.say(format!("round    {number}: loss {:.4}{guessed}, metric {:.4}{mark}", round.loss, round.metric));
        self.accuracies(&round.accuracy);
    }

    fn note(&self, message: &str) {
        self.say(format!("now      {message}"));
    }
}
