//! Twelve everyday questions about logs: fanfold answers each as the usual pipeline does.

use crate::support::{fan, has, oracle, repository};
use std::path::Path;

/// A question: fanfold's options, and a script for `sh`. Both run at the top of the repository, or in a
/// directory of the test.
struct Task {
    options: &'static [&'static str],
    script: &'static str,
}

/// The programs that the scripts call.
const PROGRAMS: [&str; 5] = ["awk", "zcat", "sort", "uniq", "python3"];

/// Functions that the scripts share: `uniq -c` as fanfold prints it, by count or by key; the lines of
/// all logs; an Apache time to the minute in ISO 8601.
const FUNCTIONS: &str = r#"
T=$(printf '\t')
logs() { zcat examples/logs/*.gz; }
counted() { sort | uniq -c | awk '{n = $1; sub(/^ *[0-9]+ /, ""); print n "\t" $0}' | sort -s -t "$T" -k1,1nr; }
per_key() { sort | uniq -c | awk '{n = $1; sub(/^ *[0-9]+ /, ""); print $0 "\t" n}'; }
minutes() {
    awk '{
        split(substr($4, 2), t, /[\/:]/)
        month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", t[2]) + 2) / 3
        printf "%s-%02d-%sT%s:%s\n", t[3], month, t[1], t[4], t[5]
    }'
}
"#;

#[track_caller]
fn agrees(task: &Task, own_files: &[(&str, &[u8])]) {
    if !PROGRAMS.iter().all(|program| has(program)) {
        return;
    }
    let files = own_files
        .iter()
        .fold(fan(""), |fan, (name, bytes)| fan.gz(name, bytes));
    let at: &Path = if own_files.is_empty() {
        repository()
    } else {
        files.dir()
    };
    let expected = oracle(at, &format!("{FUNCTIONS}\n{}", task.script), &[]);
    assert!(!expected.is_empty(), "the script finds nothing");
    for jobs in ["-j1", "-j8"] {
        let run = fan("map").at(at).arg(jobs).args(task.options);
        run.stdout(&expected).ok();
    }
}

macro_rules! tasks {
    ($($name:ident: $options:expr, $script:literal;)*) => {$(
        #[test]
        fn $name() {
            agrees(&Task { options: &$options, script: $script }, &[]);
        }
    )*};
}

tasks! {
    the_hosts_that_fetched_robots_txt:
        ["examples/logs", "--where", "7 == /robots.txt", "--select", "1", "--unique"],
        r#"logs | awk '$7 == "/robots.txt" {print $1}' | sort -u"#;

    the_ten_busiest_hosts:
        ["examples/logs", "--select", "1", "--count", "--top", "10"],
        "logs | awk '{print $1}' | counted | head -n 10";

    hits_by_status:
        ["examples/logs", "--select", "9", "--count"],
        "logs | awk '{print $9}' | counted";

    hits_by_minute:
        ["examples/logs", "-i", "clf", "--by", "time:minute"],
        "logs | minutes | per_key";

    hits_by_hour_of_day:
        ["examples/logs", "-i", "clf", "--by", "time:hod"],
        "logs | awk '{print substr($4, 14, 2)}' | per_key";

    bytes_by_host:
        ["examples/logs", "-i", "clf", "--where", "bytes != -", "--by", "host", "--agg", "sum:bytes"],
        r#"logs | awk '$10 != "-" {bytes[$1] += $10} END {for (host in bytes) print host "\t" bytes[host]}' | sort"#;

    the_95th_percentile_of_bytes_by_path_without_query:
        ["examples/logs", "-i", "clf", "--where", "bytes != -", "--by", "path:noquery", "--agg", "p95:bytes"],
        r#"
        logs | awk '$10 != "-" {sub(/\?.*/, "", $7); print $7 "\t" $10}' | sort -t "$T" -k1,1 -k2,2n | awk -F "$T" '
            function end() { if (n) { rank = int((95 * n + 99) / 100); print path "\t" bytes[rank] } }
            $1 != path { end(); path = $1; n = 0 }
            { bytes[++n] = $2 }
            END { end() }'"#;

    distinct_hosts_by_path:
        ["examples/logs", "--by", "7", "--agg", "distinct:1"],
        r#"logs | awk '{print $7 "\t" $1}' | sort -u | cut -f 1 | per_key"#;

    which_files_mention_an_address:
        ["examples/logs", "--grep", "71.134.188.121", "--select", "@file", "--unique"],
        r#"for f in examples/logs/*.gz; do [ "$(zcat "$f" | grep -cF 71.134.188.121)" = 0 ] || echo "$f"; done"#;

    a_window_of_time:
        [
            "examples/logs", "-i", "clf", "--where", "time >= 2012-01-03T09:00:00-05:00",
            "--where", "time < 2012-01-03T12:00:00-05:00",
        ],
        r#"logs | awk '$4 >= "[03/Jan/2012:09:00:00" && $4 < "[03/Jan/2012:12:00:00"'"#;
}

#[test]
fn errors_by_user_in_json_are_those_of_python() {
    let line = |i: usize| {
        let level = ["info", "error", "er\\u0072or", "warn"][i % 7 % 4];
        let user = ["7", "\"Ada\"", "9", "null"][i % 5 % 4];
        format!("{{\"level\": \"{level}\", \"user\": {{\"id\": {user}}}, \"at\": {i}}}\n")
    };
    let lines: String = (0..500).map(line).collect();
    let task = Task {
        options: &[
            "app.jsonl",
            "-i",
            "json",
            "--where",
            "level == error",
            "--select",
            "user.id",
            "--count",
        ],
        script: r#"
            zcat < app.jsonl | python3 -c '
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    if record["level"] == "error":
        user = record["user"]["id"]
        print("" if user is None else user)' | counted"#,
    };
    agrees(&task, &[("app.jsonl", lines.as_bytes())]);
}

#[test]
fn sums_by_city_in_csv_are_those_of_python() {
    let mut rows = "id,city,amount\n".to_owned();
    for i in 0..500 {
        let city = [
            "Oslo",
            "\"Paris, TX\"",
            "\"Sankt\nGallen\"",
            "\"the \"\"Big\"\" one\"",
        ][i % 7 % 4];
        rows += &format!("{i},{city},{}\n", i * i % 101);
    }
    let task = Task {
        options: &["sales.csv", "-i", "csv", "--by", "city", "--agg", "sum:amount"],
        script: r#"
            zcat < sales.csv | python3 -c '
import csv, sys
cities = {}
for row in csv.DictReader(sys.stdin):
    cities[row["city"]] = cities.get(row["city"], 0) + int(row["amount"])
for city in sorted(cities):
    print(city.replace("\n", "\\n"), cities[city], sep="\t")'"#,
    };
    agrees(&task, &[("sales.csv", rows.as_bytes())]);
}
