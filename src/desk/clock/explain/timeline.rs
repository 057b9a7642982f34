//! From the start to the due instant: what counted, day by day, and what did not.

use super::words::Words;
use crate::{
    desk::clock::{
        budget::Budget,
        calendar::{Calendar, Hours, Measure},
        deadline::Deadline,
        history::{Pause, Run},
    },
    taxonomy::Name,
};
use jiff::{SignedDuration, Timestamp, civil::Date};

/// One line of the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// Part of a day, or a day that is special.
    Counted {
        date: Date,
        intervals: Vec<(Timestamp, Timestamp)>,
        amount: SignedDuration,
        special: Option<(Name, bool)>,
    },
    /// Ordinary days that counted in full, and the days of rest between them; hours where all have the same.
    FullDays { first: Date, last: Date, days: u32, rest: u32, hours: Option<Hours>, amount: SignedDuration },
    /// A holiday.
    Off { first: Date, last: Date, name: Name },
    /// Days without working hours.
    Rest { first: Date, last: Date },
    /// Time of the clock, without a look at the calendar.
    Elapsed { from: Timestamp, to: Timestamp },
    /// What would have counted but for a pause.
    Paused { pause: Pause, amount: SignedDuration, measure: Measure },
}

/// The way of a clock, in the order of time.
pub(super) fn timeline(deadline: &Deadline, run: &Run, total: Budget, calendar: &Calendar) -> Vec<Entry> {
    let last = run.paused().map(|pause| pause.from);
    let until = deadline.due.or(last).unwrap_or(run.started);
    let stretches =
        run.stretches_without_end().into_iter().map(|(from, to)| (from, to.map_or(until, |to| to.min(until))));
    let stretches: Vec<(Timestamp, Timestamp)> = stretches.filter(|(from, to)| from < to).collect();
    let pauses: Vec<Pause> = run.pauses.iter().filter(|pause| pause.from < until || last.is_some()).copied().collect();
    let pauses: Vec<Pause> = pauses.into_iter().filter(|pause| pause.to != Some(pause.from)).collect();
    match total.measure {
        Measure::Working => {
            Days::new(calendar, &stretches).walk(calendar.date(run.started), calendar.date(until), &pauses)
        }
        Measure::Elapsed => elapsed(&stretches, &pauses),
    }
}

fn elapsed(stretches: &[(Timestamp, Timestamp)], pauses: &[Pause]) -> Vec<Entry> {
    let counted = stretches.iter().map(|&(from, to)| (from, Entry::Elapsed { from, to }));
    let paused = pauses.iter().map(|pause| {
        let amount = pause.to.map_or(SignedDuration::ZERO, |to| to.duration_since(pause.from));
        (pause.from, Entry::Paused { pause: *pause, amount, measure: Measure::Elapsed })
    });
    let mut entries: Vec<(Timestamp, Entry)> = counted.chain(paused).collect();
    entries.sort_by_key(|(from, _)| *from);
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// The days of a way by working time, gathered into as few entries as say it all.
struct Days<'a> {
    calendar: &'a Calendar,
    stretches: &'a [(Timestamp, Timestamp)],
    entries: Vec<Entry>,
    /// Days of rest that are not yet part of an entry.
    rest: Option<(Date, Date, u32)>,
}

impl<'a> Days<'a> {
    fn new(calendar: &'a Calendar, stretches: &'a [(Timestamp, Timestamp)]) -> Self {
        Days { calendar, stretches, entries: Vec::new(), rest: None }
    }

    fn walk(mut self, first: Date, last: Date, pauses: &[Pause]) -> Vec<Entry> {
        let mut pauses = pauses.iter().peekable();
        for date in std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last) {
            let end = date.tomorrow().map_or(Timestamp::MAX, |next| self.calendar.start_of(next));
            self.day(date, end);
            while let Some(pause) = pauses.next_if(|pause| pause.from < end) {
                let to = pause.to.unwrap_or(pause.from);
                let amount = self.calendar.working_between(pause.from, to);
                self.push(Entry::Paused { pause: *pause, amount, measure: Measure::Working });
            }
        }
        self.entries
    }

    fn day(&mut self, date: Date, end: Timestamp) {
        let start = self.calendar.start_of(date);
        if !self.stretches.iter().any(|&(from, to)| from < end && to > start) {
            // A pause covers it; its own line says so.
            return;
        }
        let hours: Vec<_> = self.calendar.intervals(date).filter(|(from, to)| from < to).collect();
        let counted = |&(open, close): &(Timestamp, Timestamp)| {
            self.stretches.iter().map(move |&(from, to)| (open.max(from), close.min(to))).filter(|(from, to)| from < to)
        };
        let intervals: Vec<(Timestamp, Timestamp)> = hours.iter().flat_map(counted).collect();
        let amount = intervals.iter().map(|(from, to)| to.duration_since(*from)).sum();
        let day = self.calendar.day(date);
        match day.special {
            Some(special) if !special.working && intervals.is_empty() => self.off(date, &special.name),
            Some(special) if !intervals.is_empty() => {
                let special = Some((special.name.clone(), special.working));
                self.push(Entry::Counted { date, intervals, amount, special });
            }
            None if hours.is_empty() => {
                let (first, _, count) = self.rest.unwrap_or((date, date, 0));
                self.rest = Some((first, date, count + 1));
            }
            None if intervals == hours => self.full(date, day.hours, amount),
            None if !intervals.is_empty() => self.push(Entry::Counted { date, intervals, amount, special: None }),
            // Begun after the hours, or due before them.
            _ => {}
        }
    }

    fn off(&mut self, date: Date, name: &Name) {
        if let (Some(Entry::Off { last, name: same, .. }), None) = (self.entries.last_mut(), self.rest)
            && same == name
            && last.tomorrow().ok() == Some(date)
        {
            *last = date;
            return;
        }
        self.push(Entry::Off { first: date, last: date, name: name.clone() });
    }

    fn full(&mut self, date: Date, day_hours: &Hours, day_amount: SignedDuration) {
        if let Some(Entry::FullDays { last, days, rest, hours, amount, .. }) = self.entries.last_mut() {
            *last = date;
            *days += 1;
            *rest += self.rest.take().map_or(0, |(_, _, count)| count);
            *amount += day_amount;
            if hours.as_ref() != Some(day_hours) {
                *hours = None;
            }
            return;
        }
        let hours = Some(day_hours.clone());
        self.push(Entry::FullDays { first: date, last: date, days: 1, rest: 0, hours, amount: day_amount });
    }

    fn push(&mut self, entry: Entry) {
        if let Some((first, last, _)) = self.rest.take() {
            self.entries.push(Entry::Rest { first, last });
        }
        self.entries.push(entry);
    }
}

impl Entry {
    /// The sentence for a person.
    pub(super) fn tell(&self, words: &Words) -> String {
        match self {
            Entry::Counted { date, intervals, amount, special } => {
                let times: Vec<String> = intervals.iter().map(|(from, to)| words.interval(*from, *to)).collect();
                let (date, amount) = (words.date(*date), words.duration(*amount, Measure::Working));
                let (zh, en) = match special {
                    Some((name, true)) => (format!("{}调休上班 ", name.zh), format!(" (make-up day for {})", name.en)),
                    Some((name, false)) => (format!("{}值班 ", name.zh), format!(" (on duty at {})", name.en)),
                    None => Default::default(),
                };
                words.either(
                    format!("{date}{zh}{}，计入 {amount}", times.join("、")),
                    format!("{date}{en} {}: {amount} count", times.join(", ")),
                )
            }
            Entry::FullDays { first, last, days, rest, hours, amount } => {
                let (dates, amount) = (words.dates(*first, *last), words.duration(*amount, Measure::Working));
                let hours = hours.as_ref().map(|hours| hours.to_string()).unwrap_or_default();
                let zh = match (days, rest) {
                    (1, _) => String::new(),
                    (days, 0) => format!("，{days} 天"),
                    (days, rest) => format!("，{days} 天（其间休息日 {rest} 天不计）"),
                };
                let en = match (days, rest) {
                    (1, _) => String::new(),
                    (days, 0) => format!(", {days} days"),
                    (days, rest) => format!(", {days} days (without {rest} days of rest)"),
                };
                words.either(
                    format!("{dates}{}{zh}，计入 {amount}", hours.replace(", ", "、")),
                    format!("{dates}{}{hours}{en}: {amount} count", if hours.is_empty() { "" } else { " " }),
                )
            }
            Entry::Off { first, last, name } => {
                let dates = words.dates(*first, *last);
                words.either(format!("{dates}{}，不计", name.zh), format!("{dates}: {}, not counted", name.en))
            }
            Entry::Rest { first, last } => {
                let dates = words.dates(*first, *last);
                words.either(format!("{dates}休息日，不计"), format!("{dates}: no working hours, not counted"))
            }
            Entry::Elapsed { from, to } => {
                let amount = words.duration(to.duration_since(*from), Measure::Elapsed);
                let (from, to) = (words.instant(*from), words.end(*to));
                words.either(
                    format!("{from} 至 {to} 连续计时，计入 {amount}"),
                    format!("{from} to {to}, around the clock: {amount} count"),
                )
            }
            Entry::Paused { pause, amount, measure } => {
                let name = pause.reason.name();
                let (from, amount) = (words.instant(pause.from), words.duration(*amount, *measure));
                let of = words.working(*measure);
                match pause.to.map(|to| words.instant(to)) {
                    Some(to) => words.either(
                        format!("{from} 至 {to} {}，其间 {amount}{of}不计", name.zh),
                        format!("{from} to {to}: {}; {amount}{of} do not count", name.en),
                    ),
                    None => words.either(
                        format!("{from} 起{}，暂停计时", name.zh),
                        format!("Since {from}: {}; the clock is paused", name.en),
                    ),
                }
            }
        }
    }
}
