//! The sentences that say why a rule fired.

use super::surge::Alarm;
use crate::taxonomy::Name;
use jiff::SignedDuration;

fn both(zh: impl Into<String>, en: impl Into<String>) -> Name {
    Name { zh: zh.into(), en: en.into() }
}

/// Whole days as days, all else as hours.
fn time(span: SignedDuration) -> (String, String) {
    let hours = span.as_hours();
    let (count, zh, en) = match hours % 24 {
        0 if hours > 24 => (hours / 24, "天", "day"),
        _ => (hours, "小时", "hour"),
    };
    (format!("{count} {zh}"), format!("{count} {en}{}", if count == 1 { "" } else { "s" }))
}

pub(super) fn repeat(count: usize, window: SignedDuration) -> Name {
    let (zh, en) = time(window);
    both(format!("同一位客户 {zh}内投诉了 {count} 次"), format!("{count} complaints of the same customer within {en}"))
}

pub(super) fn fierce(emotion: Option<&Name>, intensity: f32, said: &[Name]) -> Name {
    let mut zh = Vec::new();
    let mut en = Vec::new();
    if let Some(emotion) = emotion {
        zh.push(format!("情绪「{}」强度 {intensity:.1}", emotion.zh));
        en.push(format!("emotion \"{}\" of intensity {intensity:.1}", emotion.en));
    }
    for name in said {
        let (shown_zh, shown_en) = (format!("「{}」", name.zh), format!("\"{}\"", name.en));
        if !zh.contains(&shown_zh) {
            zh.push(shown_zh);
            en.push(shown_en);
        }
    }
    both(zh.join("、"), en.join(", "))
}

pub(super) fn cluster(product: &str, count: usize, window: SignedDuration) -> Name {
    let (zh, en) = time(window);
    both(
        format!("商品「{product}」在 {zh}之内的投诉密集，共 {count} 条"),
        format!("{count} complaints about the product \"{product}\", crowded within {en}"),
    )
}

pub(super) fn joins(product: &str) -> Name {
    both(
        format!("商品「{product}」已有群体投诉事件，这条投诉并入"),
        format!("there is an incident about the product \"{product}\" already; this complaint belongs to it"),
    )
}

pub(super) fn surge(label: &Name, region: &str, alarm: &Alarm) -> Name {
    let Alarm { count, expected, length, .. } = alarm;
    both(
        format!("「{region}」的「{}」在 {length} 小时内有 {count} 条投诉，按历史规律约为 {expected:.1} 条", label.zh),
        format!(
            "{count} complaints of \"{}\" in \"{region}\" within {length} hour{}; its history gives about {expected:.1}",
            label.en,
            if *length == 1 { "" } else { "s" }
        ),
    )
}

pub(super) fn surge_joins(label: &Name, region: &str) -> Name {
    both(
        format!("「{region}」的「{}」投诉激增仍在持续，这条投诉并入", label.zh),
        format!("the surge of \"{}\" in \"{region}\" goes on; this complaint belongs to it", label.en),
    )
}
