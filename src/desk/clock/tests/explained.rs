//! The sentences that people read.

use super::*;
use crate::taxonomy::Language;
use EventKind::*;

fn explained(span: &str, rest: &str, events: &[(&str, EventKind)], now: &str, language: Language) -> Vec<String> {
    resolution(&policy(span, rest), &history(events), at(now)).explain(&OFFICE, language)
}

#[test]
fn over_national_day_with_a_pause() {
    let events = [("2026-09-30 17:00", Received), ("2026-10-09 10:00", Waiting), ("2026-10-10 09:30", CustomerReplied)];
    let lines = |language| explained("12 working hours", "", &events, "2026-10-10 10:00", language);
    assert_eq!(
        lines(Language::Zh),
        [
            "处理完成时限：12 小时工作时间（规则：所有投诉）",
            "2026-09-30（周三）17:00 收到投诉，开始计时",
            "2026-09-30（周三）17:00-18:00，计入 1 小时",
            "2026-10-01（周四）至 2026-10-07（周三）国庆节，不计",
            "2026-10-08（周四）09:00-12:00、13:30-18:00，计入 7 小时 30 分",
            "2026-10-09（周五）09:00-10:00，计入 1 小时",
            "2026-10-09（周五）10:00 至 2026-10-10（周六）09:30 等待客户回复，其间 7 小时工作时间不计",
            "2026-10-10（周六）国庆节调休上班 09:30-12:00，计入 2 小时 30 分",
            "截止时间：2026-10-10（周六）12:00",
            "已用 10 小时工作时间，剩余 2 小时（16%）",
        ]
    );
    assert_eq!(
        lines(Language::En),
        [
            "Resolution: 12 working hours (rule for all complaints)",
            "Wed 2026-09-30 17:00: complaint received, the clock starts",
            "Wed 2026-09-30 17:00-18:00: 1 h count",
            "Thu 2026-10-01 to Wed 2026-10-07: National Day, not counted",
            "Thu 2026-10-08 09:00-12:00, 13:30-18:00: 7 h 30 min count",
            "Fri 2026-10-09 09:00-10:00: 1 h count",
            "Fri 2026-10-09 10:00 to Sat 2026-10-10 09:30: waiting for the customer; 7 h of working time do not count",
            "Sat 2026-10-10 (make-up day for National Day) 09:30-12:00: 2 h 30 min count",
            "Due: Sat 2026-10-10 12:00",
            "10 h of working time used, 2 h (16%) left",
        ]
    );
}

#[test]
fn weeks_are_gathered_into_one_line() {
    let lines = explained("14 working days", "", &[("2026-03-06 16:00", Received)], "2026-03-30 10:00", Language::Zh);
    assert_eq!(
        lines,
        [
            "处理完成时限：14 个工作日（规则：所有投诉）",
            "2026-03-06（周五）16:00 收到投诉，开始计时",
            "当日不计，自次日起算，第 14 个工作日下班时届满",
            "2026-03-06（周五）16:00-18:00，计入 2 小时",
            "2026-03-07（周六）至 2026-03-08（周日）休息日，不计",
            "2026-03-09（周一）至 2026-03-26（周四）09:00-12:00、13:30-18:00，14 天（其间休息日 4 天不计），计入 105 小时",
            "截止时间：2026-03-26（周四）18:00",
            "已超时 8 小时 30 分工作时间",
        ]
    );
}

#[test]
fn calendar_days_that_give_way_say_so() {
    let events = [("2026-09-16 10:00", Received), ("2026-10-05 10:00", Resolved)];
    let lines = explained("15 calendar days", "[days]\nend = \"midnight\"", &events, "2026-10-05 10:00", Language::En);
    assert_eq!(
        lines,
        [
            "Resolution: 15 calendar days (rule for all complaints)",
            "Wed 2026-09-16 10:00: complaint received, the clock starts",
            "That day does not count; ends on calendar day 15 at 24:00",
            "Wed 2026-09-16 10:00 to Thu 2026-10-08 24:00, around the clock: 22 d 14 h count",
            "The last day (until Thu 2026-10-01 24:00) is no working day: it gives way to the next one",
            "Due: Thu 2026-10-08 24:00",
            "Mon 2026-10-05 10:00: resolved, in time; 19 d used, 3 d 14 h left",
        ]
    );
}

#[test]
fn what_is_paused_not_begun_or_not_known_says_so() {
    let paused = explained(
        "8 working hours",
        "",
        &[("2026-03-04 09:00", Received), ("2026-03-04 10:30:20", Suspended)],
        "2026-03-09 10:00",
        Language::Zh,
    );
    assert_eq!(
        paused[2..],
        [
            "2026-03-04（周三）09:00-10:30:20，计入 1 小时 30 分 20 秒",
            "2026-03-04（周三）10:30:20 起挂起，暂停计时",
            "暂停中，已用 1 小时 30 分 20 秒工作时间，剩余 6 小时 29 分 40 秒（81%），恢复后继续计时",
        ]
    );
    assert_eq!(explained("1 working day", "", &[], "2026-03-09 10:00", Language::En)[1], "The clock has not started");
    let unknown = explained("3 working days", "", &[("2026-12-30 10:00", Received)], "2026-12-30 10:00", Language::En);
    assert_eq!(unknown.last().unwrap(), "2027: no holiday calendar known; counted by the weekly hours only");
}

#[test]
fn every_end_has_its_sentence() {
    for (end, told) in [
        (
            ("2026-03-04 11:00", Resolved),
            "2026-03-04（周三）11:00 处理完成，按时完成，用时 2 小时工作时间，剩余 6 小时",
        ),
        (("2026-03-05 11:00", Resolved), "2026-03-05（周四）11:00 处理完成，超时 1 小时 30 分工作时间"),
        (("2026-03-04 11:00", Withdrawn), "2026-03-04（周三）11:00 撤回或合并，不再计时，已用 2 小时工作时间"),
    ] {
        let lines =
            explained("8 working hours", "", &[("2026-03-04 09:00", Received), end], "2026-03-06 09:00", Language::Zh);
        assert_eq!(lines.last().unwrap(), told);
        assert!(lines.contains(&"截止时间：2026-03-05（周四）09:30".to_owned()), "{lines:?}");
    }
}
