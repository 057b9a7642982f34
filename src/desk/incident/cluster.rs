//! Many complaints about one product.

use super::{
    Incident, IncidentPolicy, Member, Rule, Signal, incident_key,
    member::{crowded, in_order},
    sentence,
};
use jiff::Timestamp;

/// Looks at a new complaint among the others about the same product ([`product_key`](super::product_key)).
///
/// `others` are those from a window of [`IncidentPolicy::cluster`] before the new one on, and while an incident is open, from a
/// window before that one's start on; without members of incidents that are closed. Of an open one that has begun before the new
/// complaint, with no others in the window before its start, none are needed. `open` is the incident of the product that is not
/// closed; `closed_before` counts those that are.
///
/// An incident begins with the first complaint of the earliest crowded window. Its members are the complaints from then on,
/// so it has the same ones whatever the order in which they arrive: those of the signal, with those that joined before.
/// Duplicates are members, and do not count.
pub fn cluster(
    product: &str,
    new: &Member,
    others: &[Member],
    open: Option<&Incident>,
    closed_before: u32,
    policy: &IncidentPolicy,
) -> Option<Signal> {
    let rule = policy.cluster.as_ref()?;
    let all = in_order(new, others);
    let crowded = crowded(&all, rule.window, rule.count, rule.customers);
    let begins = crowded.first().map(|&place| all[place].at);
    let open = open.filter(|incident| incident.takes(new.at, rule.quiet));
    let start: Timestamp = match (begins, open) {
        (Some(begins), Some(open)) => begins.min(open.started_at),
        (Some(begins), None) => begins,
        (None, Some(open)) => open.started_at,
        (None, None) => return None,
    };
    // A late one from before the start, and not in a crowd, has nothing to do with it.
    if new.at < start {
        return None;
    }
    let mut members: Vec<_> = all.iter().filter(|member| member.at >= start).map(|member| member.number).collect();
    members.sort_unstable();
    let key = open.map_or_else(|| incident_key(Rule::Cluster, product, closed_before), |open| open.key.clone());
    Some(Signal {
        rule: Rule::Cluster,
        members,
        reason: match open {
            Some(_) => sentence::joins(product),
            None => sentence::cluster(product, crowded.len(), rule.window),
        },
        raise_to: rule.then.raise_to.clone(),
        level: rule.then.level,
        notify: rule.then.notify.clone(),
        incident: Some(key.clone()),
        key,
    })
}
