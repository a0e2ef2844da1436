//! Times: every kind of log by hour in one line, cuts, and what becomes of values that are no times.

use crate::support::{fan, gzip};

/// How a kind of log is grouped by hour: its arguments (with _ for a blank), lines of two hours, and the two rows.
const LOGS: &[(&str, &str, &str, &str)] = &[
    (
        "Android",
        "--by 1:hour",
        "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezing\n03-17 17:00:00.000  1702 D x: y\n",
        "2016-03-17T16\t1\n2016-03-17T17\t1\n",
    ),
    (
        "Apache",
        "--by 1:hour",
        "[Sun Dec 04 04:47:44 2005] [notice] workerEnv\n[Sun Dec  4 05:00:00 2005] [error] x\n",
        "2005-12-04T04\t1\n2005-12-04T05\t1\n",
    ),
    (
        "BGL",
        "--by 5:hour",
        "- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.675872 R02 RAS\n- 1117842000 2005.06.03 R02 2005-06-03-16.40.00.1 R02\n",
        "2005-06-03T15\t1\n2005-06-03T16\t1\n",
    ),
    (
        "HDFS",
        "--by 1:hour",
        "081109 203615 148 INFO dfs.DataNode: x\n081109 210000 35 INFO y\n",
        "2008-11-09T20\t1\n2008-11-09T21\t1\n",
    ),
    (
        "HPC",
        "--by 5:hour",
        "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component\n350766 node-109 unix.hw x 1077807600 1\n",
        "2004-02-26T14\t1\n2004-02-26T15\t1\n",
    ),
    (
        "Hadoop",
        "--by 1:hour",
        "2015-10-18 18:01:47,978 INFO [main] x\n2015-10-18 19:00:00,000 WARN y\n",
        "2015-10-18T18\t1\n2015-10-18T19\t1\n",
    ),
    (
        "HealthApp",
        "-d | --by 1:hour",
        "20171223-22:15:29:606|Step_LSC|30002312|x\n20171223-23:0:9:6|Step|3|y\n",
        "2017-12-23T22\t1\n2017-12-23T23\t1\n",
    ),
    (
        "Linux, OpenSSH",
        "--by 1:hour",
        "Dec 10 06:55:46 LabSZ sshd[24200]: reverse mapping\nDec 10 07:02:47 LabSZ sshd[24203]: x\n",
        "2015-12-10T06\t1\n2015-12-10T07\t1\n",
    ),
    (
        "Mac",
        "--by 1:hour",
        "Jul  1 09:00:55 calvisitor-10-105 kernel[0]: x\nJul  1 10:00:00 host y\n",
        "2016-07-01T09\t1\n2016-07-01T10\t1\n",
    ),
    (
        "OpenStack",
        "--by 2:hour",
        "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO x\nnova-api.log.1 2017-05-16 01:00:00.272 25746\n",
        "2017-05-16T00\t1\n2017-05-16T01\t1\n",
    ),
    (
        "Proxifier",
        "--by 1:hour --time-format %m.%d_%H:%M:%S",
        "[07.30 16:49:06] chrome.exe - proxy:5070 open\n[07.30 17:00:00] x\n",
        "2016-07-30T16\t1\n2016-07-30T17\t1\n",
    ),
    (
        "Spark",
        "--by 1:hour",
        "17/06/09 20:10:40 INFO executor: x\n17/06/09 21:00:00 INFO y\n",
        "2017-06-09T20\t1\n2017-06-09T21\t1\n",
    ),
    (
        "Thunderbird",
        "--by 2:hour",
        "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2915]\n- 1131570000 2005.11.09 x Nov 9 13:00:00 y\n",
        "2005-11-09T20\t1\n2005-11-09T21\t1\n",
    ),
    (
        "Windows",
        "--by 1:hour",
        "2016-09-28 04:30:30, Info                  CBS    Loaded\n2016-09-28 05:00:00, Info x\n",
        "2016-09-28T04\t1\n2016-09-28T05\t1\n",
    ),
    (
        "ZooKeeper",
        "--by 1:hour",
        "2015-07-29 17:41:41,536 - INFO  [main:x] - y\n2015-07-29 18:00:00,000 - WARN\n",
        "2015-07-29T17\t1\n2015-07-29T18\t1\n",
    ),
];

#[test]
fn every_kind_of_log_is_grouped_by_hour_in_one_line() {
    for (name, args, lines, want) in LOGS {
        let run = fan("map a.log")
            .args(args.split(' ').map(|arg| arg.replace('_', " ")))
            .file("a.log", lines)
            .stdout(want)
            .stderr("");
        let file = std::fs::File::options().append(true).open(run.path("a.log"));
        let modified = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_470_000_000);
        file.and_then(|file| file.set_modified(modified)).expect(name);
        run.ok();
    }
}

#[test]
fn a_value_that_is_no_time_is_left_out_and_told() {
    for jobs in ["-j1", "-j8"] {
        fan("map a b.gz --by 1:hour")
            .arg(jobs)
            .file("a", "2024-01-02T03:04:05Z\nx\n2024-02-30T00:00:00Z\n")
            .file("b.gz", gzip(b"2024-01-02T03:59:59Z\n2024-01-02\n"))
            .stdout("2024-01-02T03\t2\n")
            .stderr("fanfold: 1:hour: 3 of 5 values are no time (first: a:2 'x')\n")
            .ok();
    }
    fan("map a -d ; --select 2,1:day")
        .file("a", "2024-01-02;k\n;l\n")
        .stdout("k\t2024-01-02\n")
        .says("1:day: 1 of 2 values is empty or no time (first: a:2 '')")
        .ok();
}

#[test]
fn a_file_without_any_time_is_an_error_and_the_others_count() {
    fan("map a b --by 1:hour")
        .file("a", "2024-01-02T03:04:05Z\n")
        .file("b", "30.01.2024 x\n31.01.2024 y\n")
        .stdout("2024-01-02T03\t1\n")
        .says("fanfold: b: no value of 1:hour is a time (first: '30.01.2024'): --time-format says how such times are written")
        .code(3);
    // Without records there is nothing to say.
    fan("map a --by 1:hour").file("a", "").stdout("").stderr("").ok();
}

#[test]
fn an_aggregate_leaves_out_a_value_and_not_the_record() {
    fan("map a --by 1 --agg sum:2:duration,sum:3:size,count")
        .file("a", "k 1.5s 1Ki\nk x y\nk 120ms 1.5K\n")
        .stdout("k\t1.62\t2524\t3\n")
        .says("2:duration: 1 of 3 values is no number (first: a:2 'x')")
        .says("3:size: 1 of 3 values is no number (first: a:2 'y')")
        .ok();
}

#[test]
fn the_zone_is_that_of_epochs_and_of_clocks_without_one() {
    fan("map a --tz Europe/Paris --select 1:hour,1:epoch")
        .file("a", "2024-07-01T00:30\n1719786600\n2024-07-01T00:30Z\n")
        .stdout("2024-07-01T00\t1719786600\n2024-07-01T00\t1719786600\n2024-07-01T00\t1719793800\n")
        .ok();
    for (option, what) in [
        ("--tz=Europe/Pariss", "there is no time zone 'Europe/Pariss'"),
        ("--time-format=%Q", "in --time-format '%Q'"),
    ] {
        fan("map a").arg(option).file("a", "").says(what).code(2);
    }
}

#[test]
fn conditions_compare_times_of_all_forms() {
    let file = "t,n\n2024-06-25 10:00:00.123 UTC,1\n2024-06-25 16:30:00 +0200,2\n2024-06-25 11:45:00.862 -03,3\n1719325800,4\n";
    for (condition, want) in [
        (
            "t >= 2024-06-25T14:30:00Z and t < 2024-06-25 15:00:00 UTC",
            "2\n3\n4\n",
        ),
        ("t == 2024-06-25T14:30:00Z", "2\n4\n"),
        ("t < yesterday", "1\n2\n3\n4\n"),
        ("t >= -2h or t > 3d ago", ""),
    ] {
        fan("map a -i csv --select n --where")
            .arg(condition)
            .file("a", file)
            .stdout(want)
            .ok();
    }
    fan("map a --where")
        .arg("1 > 2012-13-05")
        .file("a", "")
        .says("there is no month 13")
        .code(2);
}

#[test]
fn parts_of_a_file_decide_together_whether_it_has_times() {
    let filler = "x\n".repeat(8_000_000);
    for jobs in ["-j1", "-j8"] {
        fan("map a --grep 2 --by 1:hour")
            .arg(jobs)
            .file("a", format!("2024-01-02T03:04:05Z\n{filler}2x\n"))
            .stdout("2024-01-02T03\t1\n")
            .says("1:hour: 1 of 2 values is no time")
            .ok();
        fan("map a --grep 2 --by 1:hour")
            .arg(jobs)
            .file("a", format!("2y\n{filler}2x\n"))
            .stdout("")
            .says("no value of 1:hour is a time (first: '2y')")
            .code(3);
    }
}

/// Times of the same hour are not read anew, but are still checked.
#[test]
fn a_time_that_begins_as_the_last_one_may_still_be_none() {
    let times = [
        "31/Jan/2012:23:59:58 -0500",
        "31/Jan/2012:23:00:00 -0500",
        "31/Jan/2012:23:61:00 -0500",
        "31/Jan/2012:23:10:61 -0500",
        "31/Jan/2012:23:10:1x -0500",
        "31/Jan/2012:23:10:10 -9900",
        "32/Jan/2012:23:10:10 -0500",
        "32/Jan/2012:23:10:11 -0500",
        "31/Jan/2012:22:10:10 -0500",
        "31/Jan/2012:22:11:10 -0500",
    ];
    let lines: String = times
        .iter()
        .map(|time| format!("h - - [{time}] \"GET / HTTP/1.1\" 200 1\n"))
        .collect();
    for (cut, wanted) in [
        ("hod", "22\t2\n23\t2\n"),
        ("hour", "2012-01-31T22\t2\n2012-01-31T23\t2\n"),
        (
            "minute",
            "2012-01-31T22:10\t1\n2012-01-31T22:11\t1\n2012-01-31T23:00\t1\n2012-01-31T23:59\t1\n",
        ),
    ] {
        fan(&format!("map a -i clf --by time:{cut}"))
            .file("a", &lines)
            .stdout(wanted)
            .says("6 of 10 values are no time")
            .code(0);
    }
}
