//! Each form, with its variants and its near misses.

use super::{Precision, Time, TimePlan, TimeReader};
use jiff::Timestamp;
use std::time::SystemTime;

/// Reads a text in a file of 15 March 2024, noon of UTC.
fn read(text: &str) -> Option<Time> {
    reader().read(text.as_bytes())
}

fn system_time(text: &str) -> SystemTime {
    let timestamp: Timestamp = text.parse().expect("a time");
    timestamp.into()
}

fn reader() -> TimeReader {
    let mut reader = TimeReader::new(&TimePlan::default());
    reader.begin(Some(system_time("2024-03-15T12:00:00Z")));
    reader
}

/// Returns the clock and the instant.
fn shown(time: Time) -> (String, String) {
    let plan = TimePlan::default();
    let timestamp = time.timestamp(&plan.zone).expect("it is in range");
    (time.clock.to_string(), timestamp.to_string())
}

#[test]
fn all_forms_are_read() {
    let utc = ("2005-06-03T15:42:50", "2005-06-03T15:42:50Z");
    let fine = ("2005-06-03T15:42:50.675872", "2005-06-03T15:42:50.675872Z");
    let east = ("2005-06-03T15:42:50", "2005-06-03T13:42:50Z");
    let west = ("2005-06-03T15:42:50", "2005-06-03T20:42:50Z");
    for (text, (clock, instant)) in [
        ("2005-06-03T15:42:50Z", utc),
        ("2005-06-03t15:42:50z", utc),
        ("2005-06-03 15:42:50", utc),
        ("2005-06-03\t15:42:50", utc),
        ("2005-6-3 15:42:50", utc),
        ("2005/06/03 15:42:50", utc),
        ("[2005-06-03 15:42:50]", utc),
        ("[2005-06-03 15:42:50", utc),
        ("2005-06-03 15:42:50]", utc),
        ("2005-06-03 15:42:50 UTC", utc),
        ("2005-06-03 15:42:50.675872+00", fine),
        ("2005-06-03T15:42:50,675872", fine),
        ("2005-06-03-15.42.50.675872", fine),
        ("2005-06-03-15:42:50.675872", fine),
        ("2005-06-03T15:42:50+02:00", east),
        ("2005-06-03T15:42:50+02:00[Europe/Paris]", east),
        ("2005-06-03 15:42:50 +0200", east),
        ("2005-06-03 15:42:50 +02", east),
        ("2005-06-03 15:42:50-05", west),
        ("2005-06-03 15:42:50 EST", west),
        ("20050603T154250Z", utc),
        ("20050603T154250.675872", fine),
        ("20050603T15:42:50+0200", east),
        ("20050603154250", utc),
        ("20050603 154250", utc),
        ("20050603-15:42:50", utc),
        ("050603 154250", utc),
        ("05/06/03 15:42:50", utc),
        (
            "5/Jun/2005:15:42:50",
            ("2005-06-05T15:42:50", "2005-06-05T15:42:50Z"),
        ),
        ("[03/Jun/2005:15:42:50 -0500]", west),
        ("03/Jun/2005:15:42:50.675872 +0000", fine),
        ("03-Jun-2005 15:42:50.675872", fine),
        ("Fri, 03 Jun 2005 15:42:50 +0200", east),
        ("3 Jun 2005 15:42:50 GMT", utc),
        ("Fri Jun 03 15:42:50 2005", utc),
        ("Fri Jun  3 15:42:50 2005", utc),
        ("[Fri Jun 3 15:42:50.675872 2005]", fine),
        ("Fri Jun  3 15:42:50 EST 2005", west),
        ("Jun 03 2005 15:42:50", utc),
        ("June 3 2005 15:42:50", utc),
        ("1117813370", utc),
        ("1117813370.675872", fine),
        ("1117813370675.872", fine),
        ("1117813370000", utc),
        ("1117813370675872", fine),
        ("1117813370675872000", fine),
        ("1117813370675872000.5", fine),
    ] {
        let time = read(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(shown(time), (clock.to_owned(), instant.to_owned()), "{text}");
        assert_eq!(
            (time.precision, time.has_year),
            (Precision::Clock, true),
            "{text}"
        );
    }
}

#[test]
fn less_than_a_second_may_be_written() {
    for (text, clock, precision) in [
        ("2005-06-03T15:42", "2005-06-03T15:42:00", Precision::Clock),
        ("2005-06-03T15", "2005-06-03T15:00:00", Precision::Clock),
        ("20050603T1542", "2005-06-03T15:42:00", Precision::Clock),
        ("2005-06-03", "2005-06-03T00:00:00", Precision::Day),
        ("2005/6/3", "2005-06-03T00:00:00", Precision::Day),
        ("20050603", "2005-06-03T00:00:00", Precision::Day),
        ("2005-06", "2005-06-01T00:00:00", Precision::Month),
        ("20171223-0:7:9:6", "2017-12-23T00:07:09.006", Precision::Clock),
        ("0", "1970-01-01T00:00:00", Precision::Clock),
        ("1.5e3", "1970-01-01T00:25:00", Precision::Clock),
        ("1.7000000005E12", "2023-11-14T22:13:20.5", Precision::Clock),
        ("-1.5", "1969-12-31T23:59:58.5", Precision::Clock),
        ("-.5", "1969-12-31T23:59:59.5", Precision::Clock),
        ("5.", "1970-01-01T00:00:05", Precision::Clock),
        ("+5", "1970-01-01T00:00:05", Precision::Clock),
        ("99999999", "1973-03-03T09:46:39", Precision::Clock),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59", Precision::Clock),
    ] {
        let time = read(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (shown(time).0.as_str(), time.precision),
            (clock, precision),
            "{text}"
        );
    }
}

#[test]
fn a_year_that_is_not_written_is_the_last_that_is_not_after_the_file() {
    for (text, clock) in [
        ("Mar 15 12:00:00", "2024-03-15T12:00:00"),
        ("Mar 15 12:00:01", "2023-03-15T12:00:01"),
        ("Dec 10 06:55:46", "2023-12-10T06:55:46"),
        ("Jul  1 09:00:55", "2023-07-01T09:00:55"),
        ("Feb 29 12:00:00", "2024-02-29T12:00:00"),
        ("03-15 11:59:59.811", "2024-03-15T11:59:59.811"),
        ("3-17 1:2:3", "2023-03-17T01:02:03"),
    ] {
        let time = read(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((shown(time).0.as_str(), time.has_year), (clock, false), "{text}");
    }
    let mut reader = reader();
    reader.begin(Some(system_time("2023-03-01T00:00:00Z")));
    let leap = reader.read(b"Feb 29 12:00:00").expect("there was one");
    assert_eq!(shown(leap).0, "2020-02-29T12:00:00");
}

#[test]
fn what_is_no_time_is_not_read() {
    for text in [
        "",
        "-",
        "abc",
        "12:34:56",
        "2012-13-01",
        "2012-02-30 00:00:00",
        "2023-02-29",
        "2012-01-01 24:00:00",
        "2012-01-01 00:60:00",
        "2012-01-01 00:00:61",
        "2012-01-01 00:00:00 x",
        "2012-01-01 00:00:00 XYZ",
        "2012-01-01T00:00:00.Z5",
        "2012/01",
        "2012-01/01",
        "20120101T",
        "32/Jan/2012:00:00:00",
        "01/Jam/2012:00:00:00",
        "01/Jan/2012:00",
        "01/Jan/2012:00:00:00 x",
        "01/02/2012 00:00:00",
        "Feb 30 12:00:00",
        "Dec 10",
        "1.2.3",
        "\"2012-01-01\"",
        "2012-01-01,",
        "\"2012-01-01 00:00:00",
        "2012-01-01 00:00:00\"",
        "[2012-01-01 00:00:00\"",
        "2012-01-01 00:00:00;",
        "[3",
        "3]",
        "[3]",
        "3,",
        "\"3\"",
        "[1117813370.5]",
        "[20120101",
        "20120101000000]",
        "123456789012345678901234",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_time_at_the_beginning_of_a_text_ends_where_it_ends() {
    for (text, clock) in [
        ("081109 203615 148 INFO dfs", "2008-11-09T20:36:15"),
        ("2016-09-28 04:30:30, Info  CBS", "2016-09-28T04:30:30"),
        ("2015-10-18 18:01:47,978 INFO", "2015-10-18T18:01:47.978"),
        ("[Sun Dec 04 04:47:44 2005] [error]", "2005-12-04T04:47:44"),
        ("20171223-22:15:29:606|Step_LSC", "2017-12-23T22:15:29.606"),
        ("03-17 16:13:38.811  1702 D", "2023-03-17T16:13:38.811"),
        ("Dec 10 06:55:46 2005 sshd", "2023-12-10T06:55:46"),
        ("2015-07-29 17:41:41,536 - INFO", "2015-07-29T17:41:41.536"),
        ("1117838570 2005.06.03", "2005-06-03T22:42:50"),
        ("2024-01-02 03:04:05: text", "2024-01-02T03:04:05"),
        ("2024-01-02 text", "2024-01-02T00:00:00"),
        ("2024-01-02T03:04:05Z,404", "2024-01-02T03:04:05"),
        ("2024-01-02 03:04:05.5+02:00,7,x", "2024-01-02T03:04:05.5"),
        ("31/Jan/2012:23:59:58 -0500:80", "2012-01-31T23:59:58"),
    ] {
        let time = reader()
            .read_start(text.as_bytes())
            .unwrap_or_else(|| panic!("{text}"));
        assert_eq!(shown(time).0, clock, "{text}");
    }
    for text in ["2024-01-02x", "17.5ms", "2024-01-02T03:04:05.6.7", "10.0.0.1 x"] {
        assert_eq!(reader().read_start(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn an_epoch_is_shown_in_the_zone() {
    let mut plan = TimePlan::default();
    plan.set_zone("+05:30").expect("a zone");
    let time = TimeReader::new(&plan).read(b"1117813370").expect("a time");
    assert_eq!(time.clock.to_string(), "2005-06-03T21:12:50");
    assert_eq!(
        time.timestamp(&plan.zone).expect("a time").to_string(),
        "2005-06-03T15:42:50Z"
    );
    assert!(plan.set_zone("Europe/Pariss").is_err());
    assert!(plan.set_zone("+99:00").is_err());
}

#[test]
fn a_form_that_the_user_described_is_the_only_one() {
    for (form, text, clock) in [
        ("%d.%m.%Y %H:%M:%S", "03.06.2005 15:42:50", "2005-06-03T15:42:50"),
        ("%d.%m.%Y %H:%M:%S", "[3.6.2005 5:42:50]", "2005-06-03T05:42:50"),
        ("[%m.%d %H:%M:%S]", "[10.30 16:49:06]", "2023-10-30T16:49:06"),
        ("%m.%d %H:%M:%S", "[10.30 16:49:06]", "2023-10-30T16:49:06"),
        (
            "%m/%d/%Y %I:%M:%S %p",
            "06/03/2005 03:42:50 PM",
            "2005-06-03T15:42:50",
        ),
        ("%s", "1117813370", "2005-06-03T15:42:50"),
        ("%d/%m/%y", "31/12/05", "2005-12-31T00:00:00"),
        (
            "%H:%M:%S.%f %j %Y",
            "15:42:50.25 154 2005",
            "2005-06-03T15:42:50.25",
        ),
    ] {
        let mut plan = TimePlan::default();
        plan.add_form(form).unwrap_or_else(|error| panic!("{error}"));
        let mut reader = TimeReader::new(&plan);
        reader.begin(Some(system_time("2024-03-15T12:00:00Z")));
        let time = reader
            .read(text.as_bytes())
            .unwrap_or_else(|| panic!("{form} {text}"));
        assert_eq!(shown(time).0, clock, "{form} {text}");
        assert_eq!(reader.read(b"2005-06-03T15:42:50Z"), None, "{form}");
    }
    for form in ["%Q", "%", "%H:%M", "", "abc", "%Y"] {
        assert!(TimePlan::default().add_form(form).is_err(), "{form}");
    }
}
