//! A decision as a card for a terminal.

use crate::{
    Decision, Pipeline,
    classify::Head,
    command::aligned::aligned,
    data::labels,
    decision::{Action, Band, Candidate, Choice},
    taxonomy::Language,
};

/// The card in one language.
pub fn card(pipeline: &Pipeline, decision: &Decision, language: Language) -> String {
    let say = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (head, title, choice) in [
        (Head::Category, say("类别", "category"), &decision.category),
        (Head::Department, say("部门", "department"), &decision.department),
    ] {
        let Some(choice) = choice else { continue };
        rows.push(vec![title.into(), name(pipeline, head, &choice.label, language), sure(choice, language)]);
        let others: Vec<String> = choice
            .alternatives
            .iter()
            .map(|c| format!("{} {}", name(pipeline, head, &c.label, language), percent(c.probability)))
            .collect();
        if !others.is_empty() {
            rows.push(vec![String::new(), format!("{} {}", say("或", "or"), others.join(" · "))]);
        }
    }
    if !decision.secondary.is_empty() {
        rows.push(vec![say("另及", "also").into(), told(pipeline, Head::Secondary, &decision.secondary, language)]);
    }
    if let Some(priority) = &decision.priority {
        let level = name(pipeline, Head::Priority, &priority.level, language);
        let points = format!("{} {}", priority.points, say("分", "points"));
        rows.push(vec![say("优先级", "priority").into(), level, points]);
        for reason in &priority.reasons {
            let signal = pipeline.policy.signal_name(&pipeline.taxonomy, &reason.signal, language);
            let evidence = reason.evidence.as_ref().map(|e| format!("「{e}」")).unwrap_or_default();
            rows.push(vec![String::new(), format!("{:+} {signal} {evidence}", reason.points)]);
        }
    }
    if let Some(emotion) = &decision.emotion {
        let label = name(pipeline, Head::Emotion, &emotion.label, language);
        rows.push(vec![
            say("情绪", "emotion").into(),
            label,
            format!("{} {:.1}", say("强度", "intensity"), emotion.intensity),
        ]);
    }
    if let Some(sentiment) = decision.sentiment {
        rows.push(vec![say("情感", "sentiment").into(), format!("{sentiment:+.2}")]);
    }
    if !decision.flags.is_empty() {
        rows.push(vec![say("标记", "flags").into(), told(pipeline, Head::Flags, &decision.flags, language)]);
    }
    let action = match decision.decision.action {
        Action::Dispatch => say("自动派发", "dispatch"),
        Action::Suggest => say("建议派发", "suggest"),
        Action::Review => say("人工复核", "review"),
    };
    rows.push(vec![say("处理", "decision").into(), action.into(), decision.decision.reason.clone()]);
    rows.push(vec![say("脱敏文本", "masked").into(), decision.masked_text.replace(['\n', '\r'], " ")]);
    // Only the first column is aligned with its neighbours: the second holds sentences.
    let lines: Vec<Vec<String>> = rows.into_iter().map(|row| vec![row[0].clone(), row[1..].join("  ")]).collect();
    aligned(&lines)
}

fn percent(probability: f32) -> String {
    format!("{:.0}%", probability * 100.0)
}

fn sure(choice: &Choice, language: Language) -> String {
    let band = match (choice.band, language) {
        (Band::Auto, Language::Zh) => "自动",
        (Band::Suggest, Language::Zh) => "建议",
        (Band::Review, Language::Zh) => "复核",
        (Band::Auto, Language::En) => "auto",
        (Band::Suggest, Language::En) => "suggest",
        (Band::Review, Language::En) => "review",
    };
    format!("{} ({band})", percent(choice.probability))
}

fn told(pipeline: &Pipeline, head: Head, candidates: &[Candidate], language: Language) -> String {
    let names =
        candidates.iter().map(|c| format!("{} {}", name(pipeline, head, &c.label, language), percent(c.probability)));
    names.collect::<Vec<_>>().join(" · ")
}

/// The display name of a label: for a category the way from the top.
fn name(pipeline: &Pipeline, head: Head, label: &str, language: Language) -> String {
    let taxonomy = &pipeline.taxonomy;
    let Some(index) = labels(taxonomy, head).position(|l| l == label) else { return label.to_owned() };
    match head {
        Head::Category | Head::Secondary => taxonomy.category_path(index, language).join(" › "),
        Head::Department => taxonomy.departments[index].name.get(language).to_owned(),
        Head::Priority => taxonomy.priorities[index].label.name.get(language).to_owned(),
        Head::Emotion => taxonomy.emotions[index].label.name.get(language).to_owned(),
        Head::Flags => taxonomy.flags[index].name.get(language).to_owned(),
        Head::Intensity | Head::Sentiment => label.to_owned(),
    }
}
