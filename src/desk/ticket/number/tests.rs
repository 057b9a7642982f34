use super::*;
use proptest::prelude::*;

fn number(text: &str) -> Result<Number, NumberFault> {
    text.parse()
}

#[test]
fn numbers_are_written_as_people_read_them() {
    for (date, count, text) in [
        ("2026-11-26", 123, "C20261126-000123-6"),
        ("2026-01-01", 1, "C20260101-000001-9"),
        ("2026-01-01", 999_999, "C20260101-999999-4"),
        ("2026-01-01", 1_000_000, "C20260101-1000000-6"),
        ("2026-01-01", 999_999_999, "C20260101-999999999-1"),
    ] {
        let made = Number::new(date.parse().unwrap(), count).unwrap();
        assert_eq!(made.to_string(), text);
        assert_eq!(number(text), Ok(made));
        assert_eq!((made.date().to_string().as_str(), made.count()), (date, count));
    }
}

#[test]
fn what_people_type_is_read() {
    let plain = number("C20261126-000123-6").unwrap();
    for typed in [
        "c20261126-000123-6",
        " C20261126-000123-6\n",
        "C202611260001236",
        "C 2026 1126 0001 236",
        "Ｃ２０２６１１２６－０００１２３－６",
        "C20261126—000123—6",
        "C2026/11/26 000123 6",
        "C20261126／000123．6",
        "-C20261126-000123-6-",
    ] {
        assert_eq!(number(typed), Ok(plain), "{typed}");
    }
}

#[test]
fn typing_faults_are_told_apart() {
    use NumberFault::*;
    for (typed, fault) in [
        ("", Empty),
        (" - ", Empty),
        ("20261126-000123-2", Prefix),
        ("订单20261126", Prefix),
        ("C2026I126-000123-2", NoDigit { place: 6, meant: Some('1') }),
        ("C20261126-O00123-6", NoDigit { place: 11, meant: Some('0') }),
        ("C20261126-000123-二", NoDigit { place: 18, meant: None }),
        ("C20261126-00123-2", Length { digits: 14, fewest: 15, most: 18 }),
        ("C20261126-0000000123-2", Length { digits: 19, fewest: 15, most: 18 }),
        ("C20261126-000123-3", CheckDigit),
        ("C20261126-000132-6", CheckDigit),
        ("C20261162-000123-2", CheckDigit),
    ] {
        assert_eq!(number(typed), Err(fault), "{typed}");
        assert!(!fault.code().is_empty() && !fault.hint().is_empty());
    }
    let long = format!("C{}", "1".repeat(1_000_000));
    assert_eq!(number(&long), Err(Length { digits: 65, fewest: 15, most: 18 }));
    // A letter and a way out, in words.
    assert_eq!(
        number("C20261126-O00123-6").unwrap_err().to_string(),
        "character 11 of the complaint number is no digit; was 0 meant?"
    );
}

/// With the check digit that fits.
fn completed(digits: &str) -> String {
    format!("C{digits}{}", damm::check_digit(digits.bytes().map(|digit| digit - b'0')))
}

#[test]
fn a_fitting_check_digit_does_not_hide_a_date_or_count_that_cannot_be() {
    use NumberFault::*;
    for (digits, fault) in [
        ("20260230000001", Date),
        ("20261301000001", Date),
        ("00010101000001", Date),
        ("20261126000000", Count),
        // A second way to write 123.
        ("202611260000123", Count),
    ] {
        assert_eq!(number(&completed(digits)), Err(fault), "{digits}");
    }
    assert_eq!(Number::new("2026-11-26".parse().unwrap(), 0), Err(Count));
    assert_eq!(Number::new("2026-11-26".parse().unwrap(), 1_000_000_000), Err(Count));
    assert_eq!(Number::new("1999-12-31".parse().unwrap(), 1), Err(Date));
}

/// Whatever stands before and behind, two texts of digits that differ in one digit, or by two neighbours in the other order,
/// end at different interim digits. So the proof over the table is a proof for all numbers of all lengths.
#[test]
fn the_table_finds_every_wrong_digit_and_every_swap_of_neighbours() {
    let step = |interim: u8, digit: u8| damm::TABLE[usize::from(interim)][usize::from(digit)];
    for a in 0..10 {
        assert_eq!(step(a, a), 0, "the check digit of a text that ends at {a} is {a}");
        for x in 0..10 {
            for y in (0..10).filter(|y| *y != x) {
                assert_ne!(step(a, x), step(a, y), "a wrong digit goes on as a wrong interim");
                assert_ne!(step(x, a), step(y, a), "a wrong interim stays wrong to the end");
                assert_ne!(step(step(a, x), y), step(step(a, y), x), "swapped neighbours go on as a wrong interim");
            }
        }
    }
    // The example that is published with the table.
    assert_eq!(damm::check_digit([5, 7, 2].into_iter()), 4);
}

#[test]
fn numbers_travel_as_text() {
    let plain = number("C20261126-000123-6").unwrap();
    assert_eq!(serde_json::to_string(&plain).unwrap(), "\"C20261126-000123-6\"");
    assert_eq!(serde_json::from_str::<Number>("\"c202611260001236\"").unwrap(), plain);
    assert!(serde_json::from_str::<Number>("\"C20261126-000123-9\"").is_err());
}

fn numbers() -> impl Strategy<Value = Number> {
    (2000i16..=9999, 1i8..=12, 1i8..=28, 1u32..=999_999_999)
        .prop_map(|(year, month, day, count)| Number::new(Date::new(year, month, day).unwrap(), count).unwrap())
}

fn typed(digits: &[char]) -> Result<Number, NumberFault> {
    number(&format!("C{}", String::from_iter(digits)))
}

proptest! {
    #[test]
    fn a_number_is_read_as_it_was_written(made in numbers()) {
        prop_assert_eq!(number(&made.to_string()), Ok(made));
    }

    #[test]
    fn every_single_fault_is_found_at_every_place(made in numbers()) {
        let text: Vec<char> = made.to_string().chars().filter(char::is_ascii_digit).collect();
        for place in 0..text.len() {
            for digit in ('0'..='9').filter(|digit| *digit != text[place]) {
                let mut wrong = text.clone();
                wrong[place] = digit;
                prop_assert!(typed(&wrong).is_err());
            }
            if place > 0 && text[place] != text[place - 1] {
                let mut swapped = text.clone();
                swapped.swap(place, place - 1);
                prop_assert!(typed(&swapped).is_err());
            }
        }
    }

    #[test]
    fn anything_may_be_typed(text in "\\PC{0,40}") {
        let _ = number(&text);
    }
}
