//! Files in and out, with the shipped bundle.

use super::{fenzhen, told};
use std::fs;

#[test]
fn a_table_from_an_office_comes_back_with_its_columns_and_the_predictions() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (input, output) = (path("in.csv"), path("out.csv"));
    let table = "工单号,投诉内容,城市\n000123456789012345,快递三天没动静，客服不接电话,杭州\n2,,北京\n3,\"衣服有划痕,\n要求换货\",广州\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(table);
    fs::write(&input, &bytes).unwrap();
    let done = fenzhen(&["score", &input, "-o", &output, "--text-column", "投诉内容"], b"");
    // The row without a text is counted, named and kept.
    assert_eq!(done.status.code(), Some(1), "{}", told(&done));
    let text = fs::read_to_string(&output).unwrap();
    let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headers: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(headers[..3], ["工单号", "投诉内容", "城市"]);
    let records: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 3);
    assert_eq!(&records[0][0], "000123456789012345");
    let category = headers.iter().position(|name| name.contains("category")).expect("a column for the category");
    assert!(records[0][category].contains('.') && records[2][category].contains('.'), "{records:?}");
    assert!(records[1][category].is_empty(), "{records:?}");
    assert!(told(&done).contains('2'), "{}", told(&done));
}
