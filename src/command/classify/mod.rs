//! `fenzhen classify`.

mod card;

use super::{AnswerFlags, stdout::print};
use crate::{
    Complaint, Decision, Error, Pipeline, Result,
    complaint::{Customer, Order},
    decide::Receipt,
    serve::problem::Refusal,
    taxonomy::Language,
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Decide about one complaint, or about one a line
///
/// The complaint is an argument or comes on stdin. With --jsonl every line is a request object of /v1/classify and gives
/// one response object, in the same order; a line that cannot be read gives a problem object, and exit code 1 at the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen classify '快递三天没动静，客服一直不接电话'
  fenzhen classify --json --tier gold --amount 3999 '新手机第二天就黑屏，要求退款'
  pbpaste | fenzhen classify
  fenzhen classify --jsonl requests.jsonl > responses.jsonl")]
pub struct Classify {
    /// The customer's words; without them they are read from stdin
    #[arg(value_name = "TEXT", conflicts_with = "jsonl")]
    text: Option<String>,
    /// A file of request objects, one a line; - reads stdin
    #[arg(long, value_name = "FILE|-")]
    jsonl: Option<PathBuf>,
    /// Append a receipt of every decision to this file: what `fenzhen replay` needs, and no word of the text
    #[arg(long, value_name = "FILE")]
    receipts: Option<PathBuf>,
    /// The customer's tier
    #[arg(long, conflicts_with = "jsonl")]
    tier: Option<String>,
    /// The order's amount in yuan
    #[arg(long, value_name = "YUAN", conflicts_with = "jsonl")]
    amount: Option<f64>,
    /// Language of names and reasons
    #[arg(long, value_name = "zh|en", default_value = "zh", value_parser = language)]
    lang: Language,
    /// Print the decision as JSON
    #[arg(long)]
    json: bool,
    /// No remarks on stderr
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    model: AnswerFlags,
}

/// Lines that are decided together.
const LINES_A_STEP: usize = 64;

/// The longest line of a request file, in bytes.
const LINE_LIMIT: u64 = 1 << 20;

/// The language that a flag names.
pub(super) fn language(text: &str) -> std::result::Result<Language, String> {
    match text {
        "zh" => Ok(Language::Zh),
        "en" => Ok(Language::En),
        _ => Err("choose zh or en".into()),
    }
}

/// The customer's words: of the argument, or of stdin.
pub(super) fn words(argument: Option<&str>) -> Result<String> {
    if let Some(text) = argument {
        return Ok(text.to_owned());
    }
    if io::stdin().is_terminal() {
        let what = "no complaint".into();
        return Err(Error::InvalidRequest { what, reason: "give its text as an argument or on stdin".into() });
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(LINE_LIMIT).read_to_end(&mut bytes).map_err(|e| Error::file("stdin", e))?;
    String::from_utf8(bytes).map_err(|e| {
        let reason = format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to());
        Error::InvalidRequest { what: "stdin".into(), reason }
    })
}

impl Classify {
    pub fn run(&self) -> Result<ExitCode> {
        if let Some(path) = &self.jsonl {
            return self.lines(path);
        }
        let complaint = self.complaint()?;
        let pipeline = self.model.open()?.with_language(self.lang);
        let mut decision = pipeline.decide(&complaint)?;
        if let Some(path) = &self.receipts {
            append(path, decision.receipt.take())?;
        }
        match self.json {
            true => {
                let text = serde_json::to_string_pretty(&decision).map_err(|e| Error::Internal(e.to_string()))?;
                print(&format!("{text}\n"))?;
            }
            false => print(&card::card(&pipeline, &decision, self.lang))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn complaint(&self) -> Result<Complaint> {
        Ok(Complaint {
            text: words(self.text.as_deref())?,
            customer: self.tier.clone().map(|tier| Customer { tier: Some(tier), id: None }),
            order: self.amount.map(|amount| Order { amount: Some(amount), id: None }),
            receipt: self.receipts.is_some(),
            ..Default::default()
        })
    }

    fn lines(&self, path: &Path) -> Result<ExitCode> {
        let mut input: Box<dyn BufRead> = match path.as_os_str() == "-" {
            true => Box::new(io::stdin().lock()),
            false => Box::new(BufReader::new(File::open(path).map_err(|e| Error::file(path, e))?)),
        };
        let pipeline = self.model.open()?.with_language(self.lang);
        let mut failed = 0;
        let mut done = 0;
        loop {
            let lines = step(&mut input, path)?;
            if lines.is_empty() {
                break;
            }
            done += lines.len();
            failed += answer(&pipeline, &lines, self.receipts.as_deref())?;
        }
        if !self.quiet {
            eprintln!("done     {done} lines, {failed} refused");
        }
        Ok(ExitCode::from(u8::from(failed > 0)))
    }
}

/// The next lines, blank ones left out. Waits for more only while it has none: an interactive caller is answered at once.
fn step(input: &mut dyn BufRead, path: &Path) -> Result<Vec<Vec<u8>>> {
    let fault = |e| Error::file(path, e);
    let mut lines = Vec::new();
    while lines.len() < LINES_A_STEP {
        let mut line = Vec::new();
        let read = input.take(LINE_LIMIT).read_until(b'\n', &mut line).map_err(fault)?;
        if read == 0 {
            break;
        }
        if read as u64 == LINE_LIMIT && line.last() != Some(&b'\n') {
            // The rest of an endless line is passed over; what was read of it is refused as broken JSON.
            skip_line(input).map_err(fault)?;
        }
        while line.last().is_some_and(|b| b.is_ascii_whitespace()) {
            line.pop();
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if !lines.is_empty() && !input.fill_buf().map_err(fault)?.contains(&b'\n') {
            break;
        }
    }
    Ok(lines)
}

fn skip_line(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, found) = match buffer.iter().position(|&b| b == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if found {
            return Ok(());
        }
    }
}

/// Writes receipts at the end of a file.
fn append(path: &Path, receipts: impl IntoIterator<Item = Box<Receipt>>) -> Result<()> {
    let mut text = String::new();
    for receipt in receipts {
        text += &serde_json::to_string(&receipt).map_err(|e| Error::Internal(e.to_string()))?;
        text.push('\n');
    }
    let file = File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| Error::file(path, e))
}

/// Answers some lines on stdout; gives how many were refused.
fn answer(pipeline: &Pipeline, lines: &[Vec<u8>], receipts: Option<&Path>) -> Result<usize> {
    let mut complaints = Vec::new();
    let mut keep = |complaint| complaints.push(Complaint { receipt: receipts.is_some(), ..complaint });
    let read: Vec<Result<()>> = lines.iter().map(|line| Complaint::from_json(line).map(&mut keep)).collect();
    let mut decisions: Box<dyn Iterator<Item = Result<Decision>>> = match receipts {
        None => Box::new(pipeline.decide_all(&complaints).0.into_iter()),
        // One by one, as they will be replayed: in a batch the last bits may come out otherwise.
        Some(path) => {
            let (mut decided, mut kept) = (Vec::new(), Vec::new());
            for complaint in &complaints {
                decided.push(pipeline.decide(complaint).map(|mut decision| {
                    kept.extend(decision.receipt.take());
                    decision
                }));
            }
            append(path, kept)?;
            Box::new(decided.into_iter())
        }
    };
    let mut failed = 0;
    let mut out = String::new();
    for line in read {
        let outcome = line.and_then(|()| decisions.next().expect("one decision a complaint that was read"));
        let text = match outcome {
            Ok(decision) => serde_json::to_string(&decision),
            Err(error) => {
                failed += 1;
                serde_json::to_string(&Refusal::from(error).problem())
            }
        };
        out += &text.map_err(|e| Error::Internal(e.to_string()))?;
        out.push('\n');
    }
    print(&out)?;
    io::stdout().flush().map_err(|e| Error::file("stdout", e))?;
    Ok(failed)
}
