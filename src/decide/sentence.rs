//! The sentences that say why.

use crate::{
    classify::{Head, Prediction},
    taxonomy::{Language, Name, Taxonomy},
};

/// What a sentence is about: the best answer of a head, in a language.
pub(super) struct Subject<'a> {
    pub language: Language,
    pub taxonomy: &'a Taxonomy,
    pub prediction: &'a Prediction,
    pub head: Head,
}

impl Subject<'_> {
    pub(super) fn sure(&self, probability: f32) -> String {
        let (what, percent) = (self.best(), percent(probability));
        match self.language {
            Language::Zh => format!("{what}的把握为 {percent}，可以自动派发"),
            Language::En => format!("{what} is {percent} sure: dispatched without a person"),
        }
    }

    pub(super) fn likely(&self, probability: f32) -> String {
        let (what, percent) = (self.best(), percent(probability));
        match self.language {
            Language::Zh => format!("{what}的把握为 {percent}，需要人工确认"),
            Language::En => format!("{what} is {percent} sure: a person confirms"),
        }
    }

    pub(super) fn unsure(&self, probability: f32) -> String {
        let (what, percent) = (self.best(), percent(probability));
        match self.language {
            Language::Zh => format!("{what}的把握只有 {percent}，需要人工判断"),
            Language::En => format!("{what} is only {percent} sure: a person decides"),
        }
    }

    pub(super) fn close(&self, rival: usize) -> String {
        let (what, other) = (self.best(), self.name(rival));
        match self.language {
            Language::Zh => format!("{what}与「{other}」难分高下，需要人工判断"),
            Language::En => format!("{what} and \"{other}\" are too close to call: a person decides"),
        }
    }

    pub(super) fn signal(&self, signal: &str) -> String {
        let what = self.best();
        match self.language {
            Language::Zh => format!("{what}把握足够，但涉及「{signal}」，按策略需要人工确认"),
            Language::En => format!("{what} is sure enough, but the policy wants \"{signal}\" confirmed by a person"),
        }
    }

    pub(super) fn level(&self, level: usize) -> String {
        let what = self.best();
        let name = self.taxonomy.priorities[level].label.name.get(self.language);
        match self.language {
            Language::Zh => format!("{what}把握足够，但优先级为「{name}」，按策略需要人工确认"),
            Language::En => {
                format!("{what} is sure enough, but the policy wants priority \"{name}\" confirmed by a person")
            }
        }
    }

    /// The head and its best answer: 部门「物流部」.
    fn best(&self) -> String {
        let head = head_name(self.head).get(self.language).to_owned();
        match (self.head, self.prediction.best(self.head)) {
            (Head::Secondary | Head::Flags | Head::Sentiment, _) | (_, None) => head,
            (_, Some((index, _))) => match self.language {
                Language::Zh => format!("{head}「{}」", self.name(index)),
                Language::En => format!("{head} \"{}\"", self.name(index)),
            },
        }
    }

    fn name(&self, index: usize) -> String {
        let taxonomy = self.taxonomy;
        match self.head {
            Head::Category | Head::Secondary => {
                taxonomy.category_path(index, self.language).pop().expect("a path ends with the leaf")
            }
            Head::Department => taxonomy.departments[index].name.get(self.language).to_owned(),
            Head::Priority => taxonomy.priorities[index].label.name.get(self.language).to_owned(),
            Head::Emotion => taxonomy.emotions[index].label.name.get(self.language).to_owned(),
            Head::Flags => taxonomy.flags[index].name.get(self.language).to_owned(),
            Head::Intensity | Head::Sentiment => index.to_string(),
        }
    }
}

pub(super) fn nothing_known(language: Language) -> String {
    match language {
        Language::Zh => "模型没有给出任何判断，需要人工处理".into(),
        Language::En => "the model gave no answer at all: a person decides".into(),
    }
}

/// What speaks against laying a foreign text aside: a signal or the most urgent level, by its name.
pub(super) enum But {
    Signal(String),
    Level(String),
}

pub(super) fn foreign(language: Language, but: Option<But>) -> String {
    match language {
        Language::Zh => {
            let but = match but {
                Some(But::Signal(name)) => format!("，但涉及「{name}」"),
                Some(But::Level(name)) => format!("，但优先级为「{name}」"),
                None => String::new(),
            };
            format!("内容不像本系统所学的投诉（如广告、新闻、乱码、外语）{but}，需要人工判断")
        }
        Language::En => {
            let but = match but {
                Some(But::Signal(name)) => format!(", but it speaks of \"{name}\""),
                Some(But::Level(name)) => format!(", but its priority is \"{name}\""),
                None => String::new(),
            };
            format!(
                "this does not look like the complaints that the model knows (advertisement, news, gibberish, another \
                 language …){but}: a person decides"
            )
        }
    }
}

fn head_name(head: Head) -> Name {
    let (zh, en) = match head {
        Head::Category => ("类别", "Category"),
        Head::Secondary => ("次要类别", "Secondary category"),
        Head::Department => ("部门", "Department"),
        Head::Priority => ("优先级", "Priority"),
        Head::Emotion => ("情绪", "Emotion"),
        Head::Intensity => ("情绪强度", "Intensity"),
        Head::Flags => ("标记", "Flags"),
        Head::Sentiment => ("情感倾向", "Sentiment"),
    };
    Name { zh: zh.into(), en: en.into() }
}

fn percent(probability: f32) -> String {
    // Never "100 %" for what is only nearly sure.
    let shown = (probability * 100.0).round().min(if probability < 1.0 { 99.0 } else { 100.0 });
    format!("{shown}%")
}
