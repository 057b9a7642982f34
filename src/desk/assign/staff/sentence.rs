//! The sentences that say why this agent, and why not another.

use super::{
    Agent, StaffRule, Waiting, Waits,
    fit::Unfit,
    rank::{Tie, load_with, worst_skill},
};
use crate::taxonomy::Name;

fn both(zh: impl Into<String>, en: impl Into<String>) -> Name {
    Name { zh: zh.into(), en: en.into() }
}

/// 3/10（30%）; rounded down, so that nobody is called full who is not.
fn share(load: u64, capacity: u32) -> (String, String) {
    let percent = (u128::from(load) * 100).checked_div(capacity.into()).unwrap_or(100);
    (format!("{load}/{capacity}（{percent}%）"), format!("{load} of {capacity} ({percent} %)"))
}

fn share_with(rule: &StaffRule, ticket: &Waiting, agent: &Agent) -> (String, String) {
    share(load_with(rule, ticket, agent), agent.capacity)
}

/// Why the chosen one: what set the agent before the next, or that there was no other.
pub(super) fn chosen(rule: &StaffRule, ticket: &Waiting, agent: &Agent, decisive: Option<Tie>, fitting: usize) -> Name {
    let (share_zh, share_en) = share_with(rule, ticket, agent);
    let name = &agent.name;
    let (why_zh, why_en) = match decisive {
        None => ("是唯一可以接单的人".to_owned(), "the only one who can take it".to_owned()),
        Some(Tie::Skill) => {
            let level = worst_skill(ticket, agent);
            (format!("技能最合适（{level} 级）"), format!("best skilled for it (level {level})"))
        }
        Some(Tie::Load) => ("负载占比最低".into(), "the smallest share of the capacity in use".into()),
        Some(Tie::Rest) => ("距上次派单最久".into(), "the longest without a new ticket".into()),
        Some(Tie::Id) => ("与其他人条件相同，按编号取先".into(), "equal to others; the order of ids decides".into()),
    };
    let (count_zh, count_en) = if fitting > 1 {
        (format!("，共 {fitting} 人可以接单"), format!(" of {fitting} who can take it"))
    } else {
        (String::new(), String::new())
    };
    let (bounced_zh, bounced_en) = match ticket.bounced_by.len() {
        times if ticket.is_for_supervisor(rule) => {
            (format!("已被退回 {times} 次，转主管；"), format!("bounced {times} times, so to a supervisor; "))
        }
        _ => (String::new(), String::new()),
    };
    both(
        format!("{bounced_zh}「{name}」{why_zh}{count_zh}；接单后负载 {share_zh}"),
        format!("{bounced_en}{name} is {why_en}{count_en}; with this ticket {share_en}"),
    )
}

/// Why an agent who might have taken it ranks behind the chosen one.
pub(super) fn behind(rule: &StaffRule, ticket: &Waiting, first: &Agent, agent: &Agent, tie: Tie) -> Name {
    match tie {
        Tie::Skill => {
            let [best, own] = [first, agent].map(|agent| worst_skill(ticket, agent));
            both(format!("技能 {own} 级，低于 {best} 级"), format!("skilled at level {own}, below {best}"))
        }
        Tie::Load => {
            let ((best_zh, best_en), (own_zh, own_en)) =
                (share_with(rule, ticket, first), share_with(rule, ticket, agent));
            both(format!("接单后负载会是 {own_zh}，高于 {best_zh}"), format!("would be at {own_en}, above {best_en}"))
        }
        Tie::Rest => both("更近一次派单在后", "had a ticket more recently"),
        Tie::Id => both("条件相同，编号在后", "equal in everything; comes later by id"),
    }
}

pub(super) fn unfit(rule: &StaffRule, agent: &Agent, why: &Unfit) -> Name {
    let name = &agent.name;
    match why {
        Unfit::OtherGroup => both(format!("「{name}」不在该处理组"), format!("{name} is not in the group")),
        Unfit::OtherDepartment => both(format!("「{name}」不在该部门"), format!("{name} is not in the department")),
        Unfit::NoSupervisor => both(
            format!("退回次数已到上限，只派给主管，「{name}」不是主管"),
            format!("bounced too often: only a supervisor may take it, and {name} is none"),
        ),
        Unfit::SupervisorOnly => both(
            format!("「{name}」是主管，只接多次退回的工单"),
            format!("{name} is a supervisor and takes only what was bounced too often"),
        ),
        Unfit::Bounced => both(format!("「{name}」退回过这张工单"), format!("{name} bounced this ticket before")),
        Unfit::LacksSkill { skill } => {
            let known = rule.skills.get(skill).cloned().unwrap_or_else(|| both(skill, skill));
            both(format!("「{name}」没有技能「{}」", known.zh), format!("{name} lacks the skill \"{}\"", known.en))
        }
        Unfit::TooHeavy { weight, capacity } => both(
            format!("工单权重 {weight} 超过「{name}」的总容量 {capacity}"),
            format!("the ticket weighs {weight}, more than the whole capacity of {name}, {capacity}"),
        ),
        Unfit::Off => both(format!("「{name}」不在岗"), format!("{name} is off duty")),
        Unfit::Away => both(format!("「{name}」暂时离开"), format!("{name} is away")),
        Unfit::Full { load, weight, capacity } => both(
            format!("「{name}」已满：负载 {load}，容量 {capacity}，工单权重 {weight}"),
            format!("{name} is full: load {load} of {capacity}, and the ticket weighs {weight}"),
        ),
    }
}

pub(super) fn queued(for_supervisor: bool, waits: Waits) -> Name {
    let (who_zh, who_en) = if for_supervisor { ("主管", "supervisor") } else { ("人员", "agent") };
    match waits {
        Waits::ForRoom => both(
            format!("排队：在岗且可以接单的{who_zh}都已满"),
            format!("queued: every {who_en} who may take it and is present is full"),
        ),
        Waits::ForPresence => {
            both(format!("排队：可以接单的{who_zh}都不在岗"), format!("queued: no {who_en} who may take it is present"))
        }
        Waits::ForStaff => both(
            format!("排队：没有任何{who_zh}可以接这张工单，需要调整人员、技能或派往处"),
            format!("queued: no {who_en} at all may take it; change staff, skills or route"),
        ),
    }
}

pub(super) fn taken(agent: &Agent, load: u64, place: usize) -> Name {
    let (share_zh, share_en) = share(load, agent.capacity);
    let name = &agent.name;
    both(
        format!("按优先级、期限、先后，是「{name}」可接工单中的第 {place} 张；接单后负载 {share_zh}"),
        format!("number {place} by priority, deadline and age of what {name} may take; with it {share_en}"),
    )
}

pub(super) fn waits_behind(first: &Waiting) -> Name {
    both(
        format!("排在前面的工单「{}」还没有位置，不能越过它", first.id),
        format!("ticket {} is served before it and has no room yet", first.id),
    )
}
