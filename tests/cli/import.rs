//! A hotline's list of the day comes into the desk.

use super::{fenzhen, stdout, told};

const LIST: &str = "受理时间,渠道,客户编号,联系电话,投诉内容,期望解决方案\n\
    2026/11/25 09:05,电话,c7,13900139000,电饭煲插电没有反应，要求退货,退货退款\n\
    2026/11/25 09:20,门店,c8,,收银员态度很差，当着很多人骂我,道歉\n\
    昨天,电话,c9,,快递三天没动静,\n\
    2026/11/25 10:00,,c10,,,\n";

#[test]
fn every_row_gets_its_number_and_the_same_file_takes_nothing_in_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("热线登记.csv");
    std::fs::write(&file, encoding_rs::GB18030.encode(LIST).0).unwrap();
    let data = folder.path().join("data");
    let (file, data) = (file.to_str().unwrap(), data.to_str().unwrap());
    let import = || fenzhen(&["import", file, "--channel", "phone", "--data", data], b"");
    let first = import();
    let numbers = stdout(&first);
    let lines: Vec<Vec<&str>> = numbers.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.iter().map(|line| (line[0], line[2])).collect::<Vec<_>>(), [("2", "new"), ("3", "new")]);
    let all = told(&first);
    assert!(all.starts_with("exit 1"), "{all}");
    assert!(all.contains("line 4: received_at") && all.contains("line 5: ") && !all.contains("昨天"), "{all}");
    assert!(all.contains("2 taken, 2 failed"), "{all}");
    assert_eq!(stdout(&import()), numbers.replace("new", "known"));
    let counted = stdout(&fenzhen(&["backup", folder.path().join("b").to_str().unwrap(), "--data", data], b""));
    assert!(counted.starts_with("2 complaints, 2 tickets"), "{counted}");
}
