//! What holds for all complaints.

use super::*;
use proptest::prelude::*;

const TEXTS: [&str; 9] = [
    "快递三天没动静，客服一直不接电话",
    "快递三天没动静，客服还是一直不接电话",
    "买的纯牛奶打开一股酸臭味，明显变质了，要求全部退款并给出说法",
    "买的纯牛奶打开有一股酸臭味，明显变质了，要求退款并给出说法",
    "快点处理",
    "上次反映的事还没处理",
    "订单202611250001还没有发货",
    "",
    "。。。",
];

#[derive(Debug, Clone)]
struct Made {
    who: [Option<u8>; 4],
    text: String,
    hours: i64,
}

fn made() -> impl Strategy<Value = Made> {
    let id = || prop::option::of(0u8..3);
    let text = prop_oneof![4 => (0..TEXTS.len()).prop_map(|i| TEXTS[i].to_owned()), 1 => "\\PC{0,30}"];
    ([id(), id(), id(), id()], text, -200i64..200).prop_map(|(who, text, hours)| Made { who, text, hours })
}

const IDS: [&str; 4] = ["a", "b", "c", ""];

fn case(made: &Made, count: u32) -> Case<'_> {
    let [customer, contact, order, product] = made.who.map(|id| id.map(|id| IDS[usize::from(id)]));
    Case { customer, contact, order, product, ..Case::new(number(count), &made.text, hours_ago(made.hours)) }
}

proptest! {
    #[test]
    fn no_two_customers_have_a_duplicate_or_follow_up(a in made(), b in made()) {
        let (mut old, mut new) = (case(&a, 1), case(&b, 2));
        (old.customer, new.customer) = (Some("a"), Some("b"));
        for link in relate(&new, &[Earlier { case: old, closed: None }], &POLICY) {
            prop_assert_eq!(link.relation, Relation::Related);
        }
    }

    #[test]
    fn without_anything_in_common_but_words_there_is_no_duplicate(a in made(), b in made()) {
        let strip = |case| Case { customer: None, contact: None, order: None, ..case };
        let earlier = Earlier { case: strip(case(&a, 1)), closed: None };
        for link in relate(&strip(case(&b, 2)), &[earlier], &POLICY) {
            prop_assert_ne!(link.relation, Relation::Duplicate);
        }
    }

    /// Words that refer to something earlier have a direction; all else has none.
    #[test]
    fn duplicates_are_so_both_ways(a in made(), b in made()) {
        let policy = &*POLICY;
        prop_assume!(policy.referring_words(&a.text).is_none() && policy.referring_words(&b.text).is_none());
        let (a, b) = (case(&a, 1), case(&b, 2));
        let relation = |new: &Case, old: Case| {
            relate(new, &[Earlier { case: old, closed: None }], policy).first().map(|link| (link.relation, link.score))
        };
        prop_assert_eq!(relation(&b, a), relation(&a, b));
    }

    #[test]
    fn a_complaint_is_a_duplicate_of_its_copy_and_has_nothing_to_do_with_itself(a in made()) {
        let policy = &*POLICY;
        prop_assume!(a.text.chars().any(char::is_alphanumeric) && quoted_numbers(&a.text).is_empty());
        let old = Case { customer: Some("a"), ..case(&a, 1) };
        prop_assert_eq!(relate(&old, &[Earlier { case: old, closed: None }], policy), []);
        let copy = Case { number: number(2), ..old };
        prop_assert_eq!(relate(&copy, &[Earlier { case: old, closed: None }], policy)[0].relation, Relation::Duplicate);
    }

    #[test]
    fn the_order_of_candidates_means_nothing(all in prop::collection::vec((made(), prop::option::of(-50i64..300)), 0..8), new in made()) {
        let policy = &*POLICY;
        let mut earlier: Vec<Earlier> = all
            .iter()
            .enumerate()
            .map(|(i, (made, closed))| Earlier { case: case(made, i as u32 + 2), closed: closed.map(hours_ago) })
            .collect();
        let links = relate(&case(&new, 1), &earlier, policy);
        earlier.reverse();
        prop_assert_eq!(&links, &relate(&case(&new, 1), &earlier, policy));
        prop_assert!(thread(&links).is_none_or(|link| link.relation != Relation::Related));
    }

    #[test]
    fn further_complaints_never_undo_a_wave(all in prop::collection::vec(made(), 1..12), new in made()) {
        let mut policy = POLICY.clone();
        policy.wave_customers = 2;
        let cases: Vec<Case> = all.iter().enumerate().map(|(i, made)| case(made, i as u32 + 2)).collect();
        let new = case(&new, 1);
        if let Some(before) = wave(&new, &cases[..cases.len() - 1], &policy) {
            let after = wave(&new, &cases, &policy).unwrap();
            prop_assert!(before.customers <= after.customers && before.members.iter().all(|m| after.members.contains(m)));
        }
    }

    #[test]
    fn any_text_has_numbers_or_none(text in "[C c0-9-]{0,60}") {
        for number in quoted_numbers(&text) {
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }
    }
}
