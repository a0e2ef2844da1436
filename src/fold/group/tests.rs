//! Tests of the group fold against a model in memory, and of the laws that every fold obeys.

use super::*;
use crate::fold::rounding::{nearest_quotient, nearest_root};
use crate::fold::{Aggregate, AggregateKind, RowOrder};
use num_bigint::BigInt;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Returns a plan of all aggregates over the second field, grouped by the first.
fn all_aggregates() -> GroupPlan {
    let mut plan = GroupPlan::new(Shape::Aggregated, vec!["k".to_owned()]);
    // Folds can be merged only when their plans have one seed.
    plan.seed = 7;
    for text in [
        "count",
        "sum:v",
        "mean:v",
        "stddev:v",
        "min:v",
        "max:v",
        "p0:v",
        "p50:v",
        "p99.9:v",
        "distinct:v",
    ] {
        let (kind, field) = AggregateKind::parse(text).expect(text);
        plan.aggregates.push(Aggregate {
            name: text.to_owned(),
            kind,
            value: field.map(|_| 0),
        });
    }
    plan
}

fn counted(shape: Shape, keys: &[&str]) -> GroupPlan {
    GroupPlan::new(shape, keys.iter().map(|key| (*key).to_owned()).collect())
}

fn group(plan: &GroupPlan, budget: u64) -> Group {
    Group::new(plan, &Budget::new(budget), &std::env::temp_dir())
}

fn finish(fold: &mut dyn Fold) -> String {
    let mut out = Vec::new();
    fold.finish(&mut out)
        .expect("memory and the temporary directory work");
    String::from_utf8(out).expect("the tests' keys are text")
}

fn add(fold: &mut dyn Fold, records: &[impl AsRef<[String]>]) {
    for record in records {
        let fields: Vec<&[u8]> = record.as_ref().iter().map(|field| field.as_bytes()).collect();
        assert!(
            fold.record(&fields)
                .expect("memory and the temporary directory work")
                .is_continue()
        );
    }
}

fn records(text: &str) -> Vec<Vec<String>> {
    text.split(';')
        .map(|record| record.split(',').map(str::to_owned).collect())
        .collect()
}

#[test]
fn most_come_first_and_ties_break_by_bytes() {
    let mut fold = group(&counted(Shape::Counted, &["1"]), 0);
    add(&mut fold, &records("b;a;c;c;"));
    assert_eq!(finish(&mut fold), "2\tc\n1\t\n1\ta\n1\tb\n");
    assert_eq!(finish(&mut fold), "");
}

#[test]
fn fields_do_not_run_together() {
    let mut fold = group(&counted(Shape::Keys, &["1", "2"]), 0);
    add(&mut fold, &records("a\t,b;a,\tb;a,b;a,b"));
    assert_eq!(finish(&mut fold), "a\t\\tb\na\tb\na\\t\tb\n");
}

#[test]
fn whole_lines_are_untouched() {
    let mut fold = group(&counted(Shape::Keys, &[]), 0);
    add(&mut fold, &records("a\t\\b;a\t\\b"));
    assert_eq!(finish(&mut fold), "a\t\\b\n");
}

#[test]
fn every_aggregate_gives_what_it_says() {
    let mut fold = group(&all_aggregates(), 0);
    add(&mut fold, &records("a,1;a,2.5;a,-4;a,x;b,1e3;b,1000;c,"));
    // The value of the last record.
    assert!(fold.misfits().contains(1) && !fold.misfits().contains(0));
    assert_eq!(
        finish(&mut fold),
        "a\t4\t-0.5\t-0.16666666666666666\t3.4034296427770228\t-4\t2.5\t-4\t1\t2.5\t4\n\
         b\t2\t2000\t1000\t0\t1000\t1000\t1000\t1000\t1000\t2\n\
         c\t1\t\t\t\t\t\t\t\t\t1\n"
    );
}

#[test]
fn without_keys_there_is_one_row_even_of_nothing() {
    let mut plan = all_aggregates();
    plan.keys.clear();
    assert_eq!(finish(&mut group(&plan, 0)), "0\t\t\t\t\t\t\t\t\t0\n");
    plan.aggregates.retain(|aggregate| aggregate.name == "distinct:v");
    assert_eq!(finish(&mut group(&plan, 0)), "0\n");
}

#[test]
fn columns_sort_filter_and_cut() {
    let mut plan = all_aggregates();
    plan.aggregates.truncate(2);
    let data = records("a,1;b,10;b,20;c,9;d,x");
    let result = |plan: &GroupPlan| {
        let mut fold = group(plan, 0);
        add(&mut fold, &data);
        finish(&mut fold)
    };
    plan.order = RowOrder::Column {
        column: 2,
        descending: true,
    };
    assert_eq!(result(&plan), "b\t2\t30\nc\t1\t9\na\t1\t1\nd\t1\t\n");
    plan.top = Some(2);
    assert_eq!(result(&plan), "b\t2\t30\nc\t1\t9\n");
    plan.order = RowOrder::Column {
        column: 2,
        descending: false,
    };
    assert_eq!(result(&plan), "a\t1\t1\nc\t1\t9\n");
    let lone_quote = crate::record::LoneQuote::Refused;
    let having = crate::record::Expression::parse(
        "x > 5",
        lone_quote,
        &plan.times,
        crate::record::Case::Sensitive,
        &mut |_| Ok(2),
    );
    plan.having = Some(having.expect("an expression"));
    assert_eq!(result(&plan), "c\t1\t9\nb\t2\t30\n");
    plan.output = crate::record::RowFormat::Csv;
    assert_eq!(result(&plan), "c,1,9\nb,2,30\n");
    plan.header = true;
    assert_eq!(result(&plan), "k,count,sum:v\nc,1,9\nb,2,30\n");
    plan.output = crate::record::RowFormat::Table;
    assert_eq!(
        result(&plan),
        "k  count  sum:v\nc      1      9\nb      2     30\n"
    );
    plan.output = crate::record::RowFormat::Json;
    plan.header = false;
    plan.top = Some(0);
    assert_eq!(result(&plan), "");
}

#[test]
fn json_rows_have_the_columns_in_order() {
    let mut plan = counted(Shape::Counted, &["1", "2"]);
    plan.output = crate::record::RowFormat::Json;
    let mut fold = group(&plan, 0);
    add(&mut fold, &records("a\t,\\b"));
    assert_eq!(
        finish(&mut fold),
        "{\"count\":1,\"1\":\"a\\t\",\"2\":\"\\\\b\"}\n"
    );
}

/// Returns records of about 5,000 keys, more than a fold holds without a reservation.
fn many(width: usize) -> Vec<Vec<String>> {
    let record = |i: u64| {
        let key = format!("key {}", i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 4_973);
        [key, (i % 1_000).to_string()][..width].to_vec()
    };
    (0..12_000).map(record).collect()
}

#[test]
fn a_run_that_cannot_be_written_is_an_error_that_names_the_directory() {
    let missing = std::env::temp_dir().join("no such directory");
    let mut fold = Group::new(&counted(Shape::Keys, &["k"]), &Budget::new(0), &missing);
    let error = many(1)
        .iter()
        .find_map(|record| fold.record(&[record[0].as_bytes()]).err());
    let message = error.expect("the data outgrows the budget").to_string();
    assert!(message.contains("no such directory"), "{message}");
}

#[test]
fn what_outgrows_memory_gives_the_same_result() {
    let mut top = counted(Shape::Counted, &["k"]);
    top.top = Some(4_900);
    for plan in [
        counted(Shape::Counted, &["k"]),
        top,
        counted(Shape::Keys, &["k", "v"]),
        all_aggregates(),
    ] {
        let data = many(if plan.shape == Shape::Counted { 1 } else { 2 });
        let mut large = group(&plan, 1 << 30);
        let mut small = group(&plan, 0);
        add(&mut large, &data);
        add(&mut small, &data);
        let mut saved = Vec::new();
        small
            .save(&mut saved)
            .expect("memory and the temporary directory work");
        let mut first = group(&plan, 0);
        add(&mut first, &data[..6_000]);
        let mut rest = group(&plan, 1 << 30);
        add(&mut rest, &data[6_000..]);
        first
            .merge(&mut rest)
            .expect("memory and the temporary directory work");
        let mut loaded = group(&plan, 0);
        loaded.load(&mut &saved[..]).expect("just saved");
        let want = finish(&mut large);
        assert!(want.len() > 50_000);
        assert!(finish(&mut small) == want, "one fold");
        assert!(finish(&mut first) == want, "two folds");
        assert!(finish(&mut loaded) == want, "saved");
        assert_eq!(finish(&mut rest), finish(&mut large), "left as if new");
    }
}

#[test]
fn a_count_is_that_of_a_plan_with_other_aggregates_and_loads_what_was_saved_as_a_state() {
    let data = records("a,1;b,10;a,20;c,x;a,2");
    let mut others = all_aggregates();
    others.aggregates.truncate(2);
    let mut plan = others.clone();
    plan.aggregates.truncate(1);
    let result = |plan: &GroupPlan, keys: usize| {
        let mut fold = group(plan, 0);
        let fields: Vec<_> = data.iter().map(|record| record[..keys].to_vec()).collect();
        add(&mut fold, &fields);
        finish(&mut fold)
    };
    assert_eq!(result(&plan, 1), "a\t3\nb\t1\nc\t1\n");
    assert_eq!(result(&others, 2), "a\t3\t23\nb\t1\t10\nc\t1\t\n");
    let mut saved = vec![VERSION];
    saved.extend_from_slice(&0u64.to_le_bytes());
    for (key, count) in [(b"b", 300u64), (b"d", 1 << 40)] {
        write_entry(&mut saved, (key, &count.to_le_bytes())).expect("memory");
    }
    write_end(&mut saved).expect("memory");
    let mut fold = group(&plan, 0);
    add(&mut fold, &records("a;b"));
    fold.load(&mut &saved[..]).expect("a whole fold");
    assert_eq!(finish(&mut fold), "a\t1\nb\t301\nd\t1099511627776\n");
    plan.keys.clear();
    let mut fold = group(&plan, 0);
    assert!(fold.only_counts());
    assert!(fold.records(7).expect("memory").is_continue());
    assert_eq!(finish(&mut fold), "7\n");
    assert_eq!(finish(&mut fold), "0\n");
}

#[test]
fn a_damaged_saved_fold_is_not_loaded() {
    let mut fold = group(&all_aggregates(), 0);
    add(&mut fold, &records("a,1;b,2.5"));
    let mut saved = Vec::new();
    fold.save(&mut saved).expect("memory");
    for end in 0..saved.len() {
        assert!(
            group(&all_aggregates(), 0).load(&mut &saved[..end]).is_err(),
            "{end}"
        );
    }
    saved[0] = VERSION + 1;
    assert!(fold.load(&mut &saved[..]).is_err());
}

/// Returns the results of [`all_aggregates`], by the plainest code.
fn model(records: &[[String; 2]]) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for [key, value] in records {
        groups.entry(key).or_default().push(value);
    }
    let mut out = String::new();
    for (key, values) in groups {
        let mut numbers: Vec<i128> = values.iter().filter_map(|v| v.parse().ok()).collect();
        numbers.sort_unstable();
        let n = numbers.len();
        let show = |number: Option<i128>| number.map_or_else(String::new, |n| n.to_string());
        let sum = (n > 0).then(|| numbers.iter().sum::<i128>());
        let mean = sum.map(|sum| match sum % n as i128 {
            0 => (sum / n as i128).to_string(),
            _ => {
                let mean = nearest_quotient(&sum.unsigned_abs().into(), &n.into(), 0);
                Number::from_float(mean * sum.signum() as f64).to_string()
            }
        });
        let squares = numbers.iter().map(|x| BigInt::from(*x).pow(2)).sum::<BigInt>();
        let deviation = sum.filter(|_| n > 1).map(|sum| {
            let dividend = squares * n - BigInt::from(sum).pow(2);
            let root = nearest_root(dividend.magnitude(), &(n * (n - 1)).into(), 0);
            Number::from_float(root).to_string()
        });
        let at = |p: f64| {
            numbers
                .get(((p / 100.0 * n as f64).ceil() as usize).max(1) - 1)
                .copied()
        };
        let distinct: BTreeSet<_> = values.iter().collect();
        let columns = [
            values.len().to_string(),
            show(sum),
            mean.unwrap_or_default(),
            deviation.unwrap_or_default(),
            show(numbers.first().copied()),
            show(numbers.last().copied()),
            show(at(0.0)),
            show(at(50.0)),
            show(at(99.9)),
            distinct.len().to_string(),
        ];
        out += &format!("{key}\t{}\n", columns.join("\t"));
    }
    out
}

fn some_record() -> impl Strategy<Value = [String; 2]> {
    let value = prop_oneof![
        4 => (-50i64..50).prop_map(|n| n.to_string()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => Just("x".to_owned()),
    ];
    ("[a-d]?", value).prop_map(|(key, value)| [key, value])
}

fn some_records() -> impl Strategy<Value = Vec<[String; 2]>> {
    prop::collection::vec(some_record(), 0..60)
}

fn filled(records: &[[String; 2]], budget: u64) -> Group {
    let mut fold = group(&all_aggregates(), budget);
    add(&mut fold, records);
    fold
}

fn float_records() -> impl Strategy<Value = Vec<[String; 2]>> {
    let value = prop_oneof![
        (-1e9f64..1e9).prop_map(|f| f.to_string()),
        any::<f64>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(|f| format!("{f:e}")),
    ];
    prop::collection::vec(("[ab]", value).prop_map(|(key, value)| [key, value]), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn aggregates_equal_the_model(records in some_records()) {
        prop_assert_eq!(finish(&mut filled(&records, 1 << 30)), model(&records));
    }

    #[test]
    fn merging_is_commutative_and_associative_with_an_identity(
        a in prop_oneof![some_records(), float_records()],
        b in prop_oneof![some_records(), float_records()],
        c in prop_oneof![some_records(), float_records()],
    ) {
        let all = [&a[..], &b, &c].concat();
        let want = finish(&mut filled(&all, 0));
        let merged = |order: [&Vec<[String; 2]>; 3], right: bool| {
            let [mut x, mut y, mut z] = order.map(|records| filled(records, 0));
            let mut empty = filled(&[], 0);
            y.merge(&mut empty).expect("memory");
            if right {
                y.merge(&mut z).expect("memory");
                x.merge(&mut y).expect("memory");
            } else {
                x.merge(&mut y).expect("memory");
                x.merge(&mut z).expect("memory");
            }
            empty.merge(&mut x).expect("memory");
            finish(&mut empty)
        };
        for order in [[&a, &b, &c], [&c, &a, &b], [&b, &a, &c]] {
            prop_assert_eq!(&merged(order, false), &want);
            prop_assert_eq!(&merged(order, true), &want);
        }
    }

    #[test]
    fn eight_workers_give_the_result_of_one(
        spread in prop::collection::vec((some_record(), 0..8usize), 0..80),
        budget in prop_oneof![Just(0u64), Just(1 << 30)],
    ) {
        let all: Vec<_> = spread.iter().map(|(record, _)| record.clone()).collect();
        for plan in [all_aggregates(), counted(Shape::Counted, &["k", "v"]), counted(Shape::Keys, &["k", "v"])] {
            let fold_of = |records: &[[String; 2]]| {
                let mut fold = group(&GroupPlan { seed: 7, ..plan.clone() }, budget);
                add(&mut fold, records);
                fold
            };
            let worker = |worker: usize| {
                let own = spread.iter().filter(|(_, to)| *to == worker);
                fold_of(&own.map(|(record, _)| record.clone()).collect::<Vec<_>>())
            };
            let mut total = worker(0);
            for other in 1..8 {
                total.merge(&mut worker(other)).expect("memory");
            }
            prop_assert_eq!(finish(&mut total), finish(&mut fold_of(&all)));
        }
    }

    #[test]
    fn saving_loses_nothing(
        a in prop_oneof![some_records(), float_records()],
        b in prop_oneof![some_records(), float_records()],
    ) {
        let mut saved = Vec::new();
        let mut first = filled(&a, 0);
        first.save(&mut saved).expect("memory");
        prop_assert_eq!(finish(&mut first), finish(&mut filled(&a, 0)), "saving changes nothing");
        let mut loaded = filled(&b, 0);
        loaded.load(&mut &saved[..]).expect("just saved");
        let want = finish(&mut filled(&[&a[..], &b].concat(), 0));
        prop_assert_eq!(finish(&mut loaded), &want[..]);
        for size in [1, 20, 50] {
            let mut loaded = filled(&b, 0);
            let mut bits = io::BufReader::with_capacity(size, &saved[..]);
            loaded.load(&mut bits).expect("just saved");
            prop_assert_eq!(finish(&mut loaded), &want[..], "by {} bytes", size);
        }
    }
}
