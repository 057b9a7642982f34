//! Why this deadline, line by line.

mod timeline;
mod words;

use super::{
    budget::DayEnd,
    calendar::Calendar,
    deadline::{Deadline, State},
    span::Unit,
};
use crate::taxonomy::Language;
use jiff::{SignedDuration, Timestamp};
use timeline::timeline;
use words::Words;

impl Deadline {
    /// The sentences that lead from the start to the due instant: the rule, the start, what counted day by day, which
    /// holidays and pauses did not, when it is due and how it stands. The calendar must be the one it was computed with.
    pub fn explain(&self, calendar: &Calendar, language: Language) -> Vec<String> {
        let words = Words { language, zone: calendar.zone() };
        let clock = self.clock.name();
        let (clock, rule) = (clock.get(language), self.target.rule.get(language));
        let span = self.target.span.tell(language);
        let mut lines = vec![
            words.either(format!("{clock}时限：{span}（规则：{rule}）"), format!("{clock}: {span} (rule for {rule})")),
        ];
        let (Some(run), Some(total)) = (&self.run, self.total) else {
            lines.push(words.either("尚未开始计时".into(), "The clock has not started".into()));
            return lines;
        };
        let (at, by) = (words.instant(run.started), run.by.tell(language));
        lines.push(words.either(format!("{at} {by}，开始计时"), format!("{at}: {by}, the clock starts")));
        lines.extend(self.day_rule(&words));
        lines.extend(timeline(self, run, total, calendar).iter().map(|entry| entry.tell(&words)));
        if let Some(from) = self.rolled_from {
            let last = words.end(from);
            // 24:00 belongs to the day that it ends.
            let day = |end: Timestamp| calendar.date(end.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(end));
            let same_day = self.due.is_some_and(|due| day(due) == day(from));
            lines.push(match same_day {
                true => words.either(
                    format!("期限按日计算（至 {last}），至当日终了届满"),
                    format!("The period (until {last}) is counted in days: it ends with that day"),
                ),
                false => words.either(
                    format!("期限届满之日（至 {last}）不是工作日，顺延至下一工作日"),
                    format!("The last day (until {last}) is no working day: it gives way to the next one"),
                ),
            });
        }
        lines.extend(self.conclusion(&words));
        lines.extend(self.unknown_years.iter().map(|year| year.tell(language)));
        lines
    }

    /// How a span in days is counted.
    fn day_rule(&self, words: &Words) -> Option<String> {
        let span = self.target.span;
        let (count, first) = (span.count(), self.days.count_start_day);
        let from = words.either(
            if first { "自当日起算" } else { "当日不计，自次日起算" }.into(),
            if first { "Counted from that day on" } else { "That day does not count" }.into(),
        );
        let end = match (span.unit(), self.days.end) {
            (Unit::WorkingDays, _) => words.either(
                format!("第 {count} 个工作日下班时届满"),
                format!("ends with the working hours of working day {count}"),
            ),
            (Unit::CalendarDays, DayEnd::Close) => words.either(
                format!("第 {count} 个自然日下班时届满，当日不上班则为 24:00"),
                format!("ends on calendar day {count} with the working hours, or at 24:00 where there are none"),
            ),
            (Unit::CalendarDays, DayEnd::Midnight) => words
                .either(format!("第 {count} 个自然日 24:00 届满"), format!("ends on calendar day {count} at 24:00")),
            _ => return None,
        };
        Some(words.either(format!("{from}，{end}"), format!("{from}; {end}")))
    }

    /// When it is due, and how it stands.
    fn conclusion(&self, words: &Words) -> Vec<String> {
        let measure = self.target.span.unit().measure();
        let (left, used) = (words.duration(self.left.abs(), measure), words.duration(self.used, measure));
        let of = words.working(measure);
        let due = self.due.map(|due| {
            let due = words.end(due);
            words.either(format!("截止时间：{due}"), format!("Due: {due}"))
        });
        let end =
            self.run.as_ref().and_then(|run| run.end).map(|end| (words.instant(end.at), end.by.tell(words.language)));
        let percent = (self.share_left * 100.0).floor();
        let stands = match (self.state, end) {
            (State::Met, Some((at, by))) => words.either(
                format!("{at} {by}，按时完成，用时 {used}{of}，剩余 {left}"),
                format!("{at}: {by}, in time; {used}{of} used, {left} left"),
            ),
            (State::Breached, Some((at, by))) => {
                words.either(format!("{at} {by}，超时 {left}{of}"), format!("{at}: {by}, {left}{of} too late"))
            }
            (State::Cancelled, Some((at, by))) => words.either(
                format!("{at} {by}，不再计时，已用 {used}{of}"),
                format!("{at}: {by}, the clock ends without its goal; {used}{of} used"),
            ),
            (State::Breached, None) => {
                words.either(format!("已超时 {left}{of}"), format!("Breached: {left}{of} too late so far"))
            }
            (State::Paused, None) => words.either(
                format!("暂停中，已用 {used}{of}，剩余 {left}（{percent}%），恢复后继续计时"),
                format!("Paused: {used}{of} used, {left} ({percent}%) left when it goes on"),
            ),
            _ => words.either(
                format!("已用 {used}{of}，剩余 {left}（{percent}%）"),
                format!("{used}{of} used, {left} ({percent}%) left"),
            ),
        };
        due.into_iter().chain([stands]).collect()
    }
}
