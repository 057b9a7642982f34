//! What happened so far, for the department that gets a ticket next: nobody asks the customer again.

use super::{
    Rules, Ticket,
    event::Head,
    state::MoveCause,
    words::{beginning, both, duration, yuan},
};
use crate::taxonomy::Name;
use jiff::Timestamp;

/// Texts of others are cut to so many characters.
const QUOTE: usize = 200;

/// The summary of a ticket at an instant, a sentence a line, from masked texts only.
pub(super) fn of(ticket: &Ticket, rules: &Rules, at: Timestamp) -> Name {
    let sentences: Vec<Name> = [
        Some(origin(ticket, rules, at)),
        category(ticket, rules),
        route(ticket, rules),
        ticket.findings.as_ref().map(|findings| quoted("调查结论", "Findings", findings)),
        proposal(ticket),
        Some(talk(ticket)),
        counted(ticket.evidence.len(), "佐证材料", "件", "Evidence files"),
        counted(ticket.absorbed.len(), "并入的投诉", "件", "Complaints merged into it"),
        counted(ticket.reopened as usize, "重新打开", "次", "Times reopened"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let lines = |text: fn(&Name) -> &str| sentences.iter().map(text).collect::<Vec<_>>().join("\n");
    both(lines(|name| &name.zh), lines(|name| &name.en))
}

fn origin(ticket: &Ticket, rules: &Rules, at: Timestamp) -> Name {
    let (number, age) = (ticket.number, duration(at.duration_since(ticket.opened_at)));
    let priority = rules.priority(&ticket.priority);
    let (zh, en) = match &ticket.channel {
        Some(channel) => (format!("，渠道 {channel}"), format!(", channel {channel}")),
        None => Default::default(),
    };
    both(
        format!("投诉 {number}{zh}，优先级「{}」，受理至今 {}", priority.zh, age.zh),
        format!("Complaint {number}{en}, priority \"{}\", {} old", priority.en, age.en),
    )
}

fn category(ticket: &Ticket, rules: &Rules) -> Option<Name> {
    let name = rules.label(Head::Category, ticket.labels.get(&Head::Category)?.first()?);
    Some(both(format!("类别：{}", name.zh), format!("Category: {}", name.en)))
}

/// Who had it, and why not any more.
fn route(ticket: &Ticket, rules: &Rules) -> Option<Name> {
    let first = &ticket.route.first.as_ref()?.department;
    let mut told = rules.department(first);
    for step in &ticket.route.moves {
        let (zh, en) = match step.cause {
            MoveCause::Bounced => ("退单", "bounced"),
            MoveCause::Misrouted => ("改派", "misrouted"),
            MoveCause::NextStep => ("下一环节", "next step"),
            MoveCause::Expertise => ("转专家", "expertise"),
        };
        let to = rules.department(&step.to);
        told = both(format!("{} → {}（{zh}）", told.zh, to.zh), format!("{} → {} ({en})", told.en, to.en));
    }
    Some(both(format!("经办部门：{}", told.zh), format!("Departments: {}", told.en)))
}

fn proposal(ticket: &Ticket) -> Option<Name> {
    let proposal = ticket.proposal.as_ref()?;
    let told = quoted("处理方案", "Plan", &proposal.plan);
    if proposal.compensation_fen == 0 {
        return Some(told);
    }
    let sum = yuan(proposal.compensation_fen);
    Some(both(format!("{}（补偿 {}）", told.zh, sum.zh), format!("{} (compensation {})", told.en, sum.en)))
}

fn talk(ticket: &Ticket) -> Name {
    let (out, back) = (ticket.responses, ticket.replies);
    match out {
        0 => both(format!("尚未回复客户；客户补充 {back} 次"), format!("Customer not answered yet; {back} replies")),
        _ => both(
            format!("已回复客户 {out} 次；客户补充 {back} 次"),
            format!("Customer answered {out} times; {back} replies"),
        ),
    }
}

fn quoted(zh: &str, en: &str, text: &str) -> Name {
    let text = beginning(text, QUOTE);
    both(format!("{zh}：{text}"), format!("{en}: {text}"))
}

fn counted(count: usize, zh: &str, unit: &str, en: &str) -> Option<Name> {
    (count > 0).then(|| both(format!("{zh} {count} {unit}"), format!("{en}: {count}")))
}
