//! One answer for all members of an incident.

use crate::{
    Desk, Error, Result,
    desk::{
        incident::{LeftOut, Recipient, Standing, reply_to_all},
        record::Record,
        store::{entity::ticket, queue::Work},
        ticket::{Action, ActionKind, Actor, Command, Fact, Number},
    },
};
use std::collections::BTreeMap;

/// What came of one answer for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replied {
    /// Whose tickets have it now.
    pub sent: Vec<Number>,
    /// Whose tickets had it before: the same answer was given already, or broke off.
    pub before: Vec<Number>,
    /// Whose tickets do not take it from this actor, or not as they stand, with the stable code of why.
    pub refused: Vec<(Number, &'static str)>,
    /// Whose tickets it is not for.
    pub left_out: Vec<(Number, LeftOut)>,
    /// How many tickets are those of departments that are none of the actor's.
    pub elsewhere: usize,
}

impl Desk {
    /// Gives all open members of an incident one answer, each in a transaction of its own: as the result where one is due, else
    /// as word on the way. The text is masked here.
    ///
    /// Each ticket's history says that it has the answer. So the same answer again reaches only those that have not got it,
    /// because it broke off or they joined later.
    ///
    /// # Errors
    /// [`Error::NoSuchIncident`]; [`Error::InvalidRequest`] where the text is empty or too long, or no member is open; those of
    /// the database: then the same call goes on where it broke off.
    pub async fn reply_to_all(&self, incident: &str, text: &str, actor: &Actor) -> Result<Replied> {
        let (_, mut members) = self.incident(incident).await?;
        let all = members.len();
        members.retain(|row| actor.scope.sees(row.department.as_deref()));
        let recipients: Vec<Recipient> = members.iter().map(recipient).collect::<Result<_>>()?;
        let plan = reply_to_all(&recipients, text, |said| self.masked(said))?;
        let ids: BTreeMap<&str, &str> = members.iter().map(|row| (row.number.as_str(), row.id.as_str())).collect();
        let mut replied = Replied { left_out: plan.left_out, elsewhere: all - members.len(), ..Replied::default() };
        let mut broke_off = None;
        let note = format!("群体事件 {incident} 的统一答复（one answer to all of an incident）");
        for number in plan.to {
            let Some(id) = ids.get(number.to_string().as_str()) else { continue };
            match self.reply_to_one(id, &plan.text, &note, actor).await {
                Ok(true) => replied.sent.push(number),
                Ok(false) => replied.before.push(number),
                Err(
                    fault @ (Error::TicketForbidden { .. }
                    | Error::TicketTransition { .. }
                    | Error::TicketCommand { .. }),
                ) => replied.refused.push((number, fault.code())),
                Err(fault) => {
                    broke_off = Some(fault);
                    break;
                }
            }
        }
        // Those that have it have it, even where it broke off.
        self.wake(Work::Assign);
        self.wake(Work::Tick);
        self.wake(Work::Deliver);
        broke_off.map_or(Ok(replied), Err)
    }

    /// False where it has the answer already.
    async fn reply_to_one(&self, id: &str, text: &str, note: &str, actor: &Actor) -> Result<bool> {
        let now = self.now();
        let change = self.store().begin().await?;
        let mut record = Record::lock(&change, id).await?.ok_or(Error::NoSuchTicket)?;
        let given = record.history.iter().any(|event| {
            let said = matches!(&event.fact, Fact::Responded { text: said } | Fact::FeedbackGiven { text: said } if said == text);
            said && event.note.as_deref() == Some(note)
        });
        if given {
            return Ok(false);
        }
        let result = self.house().rules().allowed(&record.ticket, actor, now).contains(&ActionKind::GiveFeedback);
        let text = text.to_owned();
        let action = if result { Action::GiveFeedback { text } } else { Action::Respond { text } };
        record.act(self.house(), &Command::new(action).noted(note), actor, now)?;
        self.write(&change, &mut record, now).await?;
        change.commit().await?;
        Ok(true)
    }
}

fn recipient(row: &ticket::Model) -> Result<Recipient> {
    let standing = match &row.merged_into {
        Some(into) => Standing::Merged(into.parse::<Number>()?),
        None if row.ended_at.is_some() => Standing::Closed,
        None => Standing::Open,
    };
    Ok(Recipient { number: row.number.parse::<Number>()?, standing })
}
