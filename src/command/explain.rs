//! `fenzhen explain`.

use super::{
    AnswerFlags, OutputFlags,
    aligned::aligned,
    classify::{language, words},
    stdout::print,
};
use crate::{
    Complaint, Error, Result,
    classify::Head,
    decision::{Explanation, HeadExplanation},
    explain::HEADS,
    taxonomy::Language,
};
use std::process::ExitCode;

/// Show which words drove the decision about a complaint
///
/// Each word is proved by deletion: without it, the text makes the label less likely by so many points of a hundred. The last
/// line of each answer says what is left of the label without all of these words, and with nothing but them. The priority is
/// the model's own opinion, which is one of the signals of `fenzhen classify`. Last come the most similar of the labelled complaints
/// that the bundle keeps, with what people said of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  fenzhen explain '快递三天没动静，客服一直不接电话'
  fenzhen explain --head category,priority --json '新手机第二天就黑屏，要求退款'
  pbpaste | fenzhen explain --lang en")]
pub struct Explain {
    /// The customer's words; without them they are read from stdin
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Which answers to explain: category, department, priority, emotion; without it all
    #[arg(long, value_name = "HEAD", value_delimiter = ',', value_parser = head)]
    head: Vec<Head>,
    /// Language of the card and of names
    #[arg(long, value_name = "zh|en", default_value = "zh", value_parser = language)]
    lang: Language,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    model: AnswerFlags,
}

/// As many words of an answer stand on the card; --json has all.
const SHOWN: usize = 6;

fn head(name: &str) -> std::result::Result<Head, String> {
    let found = HEADS.into_iter().find(|head| head.name() == name);
    found.ok_or_else(|| format!("choose {}", HEADS.map(Head::name).join(", ")))
}

impl Explain {
    pub fn run(&self) -> Result<ExitCode> {
        let complaint = Complaint::of(words(self.text.as_deref())?);
        let pipeline = self.model.open()?.with_language(self.lang);
        let answered = pipeline.heads();
        if let Some(missing) = self.head.iter().find(|head| !answered.contains(head)) {
            let reason = format!("the bundle {} does not answer it", pipeline.versions().bundle);
            return Err(Error::InvalidRequest { what: format!("--head {}", missing.name()), reason });
        }
        let asked = |head: &Head| self.head.is_empty() || self.head.contains(head);
        let heads: Vec<Head> = HEADS.into_iter().filter(asked).collect();
        let explanation = pipeline.explain(&complaint, &heads)?;
        match self.output.json {
            true => {
                let text = serde_json::to_string_pretty(&explanation).map_err(|e| Error::Internal(e.to_string()))?;
                print(&format!("{text}\n"))?;
            }
            false => print(&card(&explanation, self.lang))?,
        }
        if !self.output.quiet {
            let Explanation { candidates, model_calls, .. } = explanation;
            eprintln!("done     {candidates} words tried, the models asked {model_calls} times");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The explanation in one language, one block an answer.
fn card(explanation: &Explanation, language: Language) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for of in &explanation.heads {
        rows.push(vec![
            title(of.head, language).into(),
            format!("{}  {}", of.name.join(" › "), percent(of.probability)),
        ]);
        rows.extend(reasons(of, language).into_iter().map(|line| vec![String::new(), line]));
    }
    for similar in &explanation.similar {
        let title = if language == Language::Zh { "相似" } else { "similar" };
        let labels: Vec<String> = similar.labels.iter().map(|given| given.name.join(" › ")).collect();
        rows.push(vec![
            title.into(),
            format!("{:.2} 「{}」", similar.similarity, similar.text.replace(['\n', '\r'], " ")),
        ]);
        rows.push(vec![String::new(), labels.join(" · ")]);
    }
    aligned(&rows)
}

fn reasons(of: &HeadExplanation, language: Language) -> Vec<String> {
    let say = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    if of.words.is_empty() {
        let none = "去掉任何一个词，概率都不会下降";
        return vec![say(none, "no single word's deletion lowers the probability").into()];
    }
    let rest = |drop: f32| percent(of.probability - drop);
    let mut lines: Vec<String> = Vec::new();
    for word in of.words.iter().take(SHOWN) {
        let text = word.text.replace(['\n', '\r'], " ");
        let (without, rest) = (say("去掉后", "without it"), rest(word.drop));
        lines.push(format!("{:+.1} 「{text}」 {without} {rest}", -100.0 * word.drop));
    }
    if of.words.len() > SHOWN {
        let more = of.words.len() - SHOWN;
        lines.push(format!("{} {more} {}", say("另有", "and"), say("个词", "more words")));
    }
    lines.push(format!(
        "{} {} · {} {}",
        say("这些词全去掉", "without all of these"),
        rest(of.comprehensiveness),
        say("只留这些词", "with nothing but these"),
        rest(of.sufficiency)
    ));
    lines
}

fn percent(probability: f32) -> String {
    // A drop is rounded apart from the probability, so that the rest may miss nothing by a hair.
    format!("{:.0}%", probability.max(0.0) * 100.0)
}

fn title(head: Head, language: Language) -> &'static str {
    let (zh, en) = match head {
        Head::Category => ("类别", "category"),
        Head::Secondary => ("另及", "also"),
        Head::Department => ("部门", "department"),
        Head::Priority => ("优先级", "priority"),
        Head::Emotion => ("情绪", "emotion"),
        Head::Intensity => ("强度", "intensity"),
        Head::Flags => ("标记", "flags"),
        Head::Sentiment => ("情感", "sentiment"),
    };
    if language == Language::Zh { zh } else { en }
}
