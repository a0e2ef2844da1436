//! Tests that partitions, threads and small budgets change no answer.

use super::*;
use crate::fold::{Aggregate, AggregateKind, RowOrder};
use proptest::prelude::*;
use std::thread;

/// Shares the work between two threads.
fn threads(number: usize, work: &(dyn Fn(usize) + Sync)) {
    thread::scope(|scope| {
        scope.spawn(|| (0..number / 2).for_each(work));
        (number / 2..number).for_each(work);
    });
}

/// How a worker's table is when it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Begin {
    One,
    Partitioned,
}

fn fold(plan: &GroupPlan, budget: &Budget, begin: Begin, records: &[[String; 2]]) -> Box<dyn Fold> {
    let mut group = Group::new(plan, budget, &std::env::temp_dir());
    if begin == Begin::Partitioned {
        assert!(group.tables().all(GroupTable::partition));
    }
    for record in records {
        let fields = record.each_ref().map(|field| field.as_bytes());
        let flow = group.record(&fields).expect("memory and temporary files work");
        assert!(flow.is_continue());
    }
    Box::new(group)
}

/// Returns a fold of one table that has no lists: all numbers are pairs.
fn paired(plan: &GroupPlan, budget: &Budget, records: &[[String; 2]]) -> Box<dyn Fold> {
    let mut group = Group::new(plan, budget, &std::env::temp_dir());
    group.counted.iter_mut().for_each(ValueCounts::take_pairs_only);
    for record in records {
        let fields = record.each_ref().map(|field| field.as_bytes());
        let flow = group.record(&fields).expect("memory and temporary files work");
        assert!(flow.is_continue());
    }
    Box::new(group)
}

fn plans() -> Vec<GroupPlan> {
    let names = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    let mut plans = Vec::new();
    for shape in [Shape::Keys, Shape::Counted] {
        for top in [None, Some(3)] {
            plans.push(GroupPlan {
                top,
                ..GroupPlan::new(shape, names(&["k", "v"]))
            });
        }
    }
    let mut ascending = plans[2].clone();
    ascending.order = RowOrder::Column {
        column: 0,
        descending: false,
    };
    let mut aggregated = GroupPlan::new(Shape::Aggregated, names(&["k"]));
    for text in ["count", "sum:v", "stddev:v", "min:v", "max:v"] {
        let (kind, field) = AggregateKind::parse(text).expect(text);
        aggregated.aggregates.push(Aggregate {
            name: text.to_owned(),
            kind,
            value: field.map(|_| 0),
        });
    }
    let mut count = aggregated.clone();
    count.aggregates.truncate(1);
    let mut most = count.clone();
    most.order = RowOrder::Column {
        column: 1,
        descending: true,
    };
    most.top = Some(3);
    let mut valued = aggregated.clone();
    for text in ["p50:v", "distinct:v"] {
        let (kind, _) = AggregateKind::parse(text).expect(text);
        valued.aggregates.push(Aggregate {
            name: text.to_owned(),
            kind,
            value: Some(0),
        });
    }
    let mut ranked = count.clone();
    for text in ["p0:v", "p95:v", "p99.9:v", "p100:v"] {
        let (kind, _) = AggregateKind::parse(text).expect(text);
        ranked.aggregates.push(Aggregate {
            name: text.to_owned(),
            kind,
            value: Some(0),
        });
    }
    let mut highest = ranked.clone();
    highest.aggregates.truncate(3);
    highest.order = RowOrder::Column {
        column: 2,
        descending: true,
    };
    highest.top = Some(20);
    plans.extend([ascending, aggregated, valued, count, most, ranked, highest]);
    plans.iter_mut().for_each(|plan| plan.seed = 7);
    plans
}

fn some_records() -> impl Strategy<Value = Vec<[String; 2]>> {
    let value = prop_oneof![
        3 => (-5i64..5).prop_map(|n| n.to_string()),
        1 => any::<i64>().prop_map(|n| n.to_string()),
        1 => (-1e3f64..1e3).prop_map(|n| n.to_string()),
        1 => "[a-z\t]{0,40}",
    ];
    let key = prop_oneof![3 => "[a-c]{0,3}", 1 => "[a-z]{20,60}"];
    prop::collection::vec((key, value).prop_map(|(key, value)| [key, value]), 0..40)
}

fn finished(fold: &mut dyn Fold) -> String {
    let mut out = Vec::new();
    fold.finish(&mut out).expect("memory and temporary files work");
    String::from_utf8(out).expect("the tests' keys are text")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn workers_partitions_and_memory_change_no_answer(
        workers in prop::collection::vec((some_records(), any::<bool>()), 1..9),
        small in any::<bool>(),
    ) {
        for plan in plans() {
            let all: Vec<_> = workers.iter().flat_map(|(records, _)| records.clone()).collect();
            let want = finished(&mut *paired(&plan, &Budget::new(0), &all));
            // The smallest budget that lets as many tables have logs.
            let budget = Budget::new(if small { 160 << 20 } else { 1 << 30 });
            let mut folds: Vec<_> = workers
                .iter()
                .map(|(records, partitioned)| {
                    let begin = if *partitioned { Begin::Partitioned } else { Begin::One };
                    fold(&plan, &budget, begin, records)
                })
                .collect();
            let mut saved = Vec::new();
            folds[0].save(&mut saved).expect("memory");
            let mut total = folds.remove(0);
            total.merge_all(&mut folds, &threads).expect("memory");
            let mut out = Vec::new();
            total.finish_all(&mut out, &threads).expect("memory");
            prop_assert_eq!(String::from_utf8_lossy(&out), &want[..]);
            let mut loaded = fold(&plan, &budget, Begin::Partitioned, &[]);
            loaded.load(&mut &saved[..]).expect("just saved");
            prop_assert_eq!(
                finished(&mut *loaded),
                finished(&mut *fold(&plan, &Budget::new(0), Begin::One, &workers[0].0))
            );
        }
    }
}

#[test]
fn many_keys_are_partitioned_merged_and_spilled_as_one_table_is() {
    let mut rng = fastrand::Rng::with_seed(16);
    let mut records = |number: usize| -> Vec<[String; 2]> {
        let mut record = || {
            let key = rng.u32(..30_000);
            [
                format!("{key}{}", "x".repeat(key as usize % 50)),
                rng.i8(..).to_string(),
            ]
        };
        (0..number).map(|_| record()).collect()
    };
    let workers = [4_000, 3_000, 100].map(&mut records);
    for plan in plans().split_off(5) {
        let want = finished(&mut *paired(&plan, &Budget::new(1 << 40), &workers.concat()));
        for budget in [1 << 20, 30 << 20, 1 << 30] {
            let budget = Budget::new(budget);
            let mut folds: Vec<_> = workers
                .iter()
                .map(|records| fold(&plan, &budget, Begin::One, records))
                .collect();
            let mut total = folds.remove(0);
            total
                .merge_all(&mut folds, &threads)
                .expect("memory and temporary files work");
            let mut out = Vec::new();
            total
                .finish_all(&mut out, &threads)
                .expect("memory and temporary files work");
            assert!(
                want.as_bytes() == out,
                "{:?} within {} bytes",
                plan.shape,
                budget.limit()
            );
        }
    }
}

#[test]
fn few_groups_of_many_numbers_have_the_ranks_of_pairs_in_any_memory() {
    let mut rng = fastrand::Rng::with_seed(3);
    let plan = plans().pop().expect("the plan of the highest");
    for (keys, values, most) in [(1, 200_000, 100_000), (2, 3_000, 9_000), (300, 40, 9_000)] {
        let mut records = |number: usize| -> Vec<[String; 2]> {
            let mut record = || [rng.u32(..keys).to_string(), rng.i32(-9..values).to_string()];
            (0..number).map(|_| record()).collect()
        };
        let workers = [most, 3_000, 1].map(&mut records);
        let want = finished(&mut *paired(&plan, &Budget::new(1 << 40), &workers.concat()));
        for bytes in [0, 1 << 20, 1 << 30] {
            let budget = Budget::new(bytes);
            let mut folds: Vec<_> = workers
                .iter()
                .map(|records| fold(&plan, &budget, Begin::One, records))
                .collect();
            let mut total = folds.remove(0);
            let (mut saved, mut second) = (Vec::new(), folds.remove(0));
            second.save(&mut saved).expect("memory and temporary files work");
            total
                .load(&mut &saved[..])
                .expect("memory and temporary files work");
            total
                .merge_all(&mut folds, &threads)
                .expect("memory and temporary files work");
            let mut out = Vec::new();
            total
                .finish_all(&mut out, &threads)
                .expect("memory and temporary files work");
            assert!(want.as_bytes() == out, "{keys} keys within {bytes} bytes");
        }
    }
}

#[test]
fn texts_that_seldom_come_again_are_pairs_and_numbers_beside_them_stay_in_lists() {
    let mut plan = GroupPlan::new(Shape::Aggregated, vec!["k".to_owned()]);
    for text in ["p50:n", "distinct:v", "count"] {
        let (kind, field) = AggregateKind::parse(text).expect(text);
        plan.aggregates.push(Aggregate {
            name: text.to_owned(),
            kind,
            value: field.map(|field| usize::from(field == "v")),
        });
    }
    plan.seed = 7;
    let record = |n: usize| {
        [
            (n % 3).to_string(),
            (n % 100).to_string(),
            (n % 50_000).to_string(),
        ]
    };
    let add = |group: &mut Group, numbers: std::ops::Range<usize>| {
        for n in numbers {
            let record = record(n);
            let fields = record.each_ref().map(|field| field.as_bytes());
            assert!(group.record(&fields).expect("memory").is_continue());
        }
    };
    let budget = Budget::new(1 << 30);
    let group = || Group::new(&plan, &budget, &std::env::temp_dir());
    let (mut total, mut job, mut pairs) = (group(), group(), group());
    pairs.counted.iter_mut().for_each(ValueCounts::take_pairs_only);
    for numbers in [0..20_000, 20_000..60_000, 60_000..70_000] {
        add(&mut job, numbers.clone());
        add(&mut pairs, numbers);
        total.merge(&mut job).expect("memory");
    }
    let rare: Vec<_> = job.counted.iter().map(ValueCounts::has_rare_texts).collect();
    assert_eq!(rare, [false, true]);
    assert!(total.counted[0].table.is_empty() && !total.counted[1].table.is_empty());
    let mut out = Vec::new();
    total.finish_all(&mut out, &threads).expect("memory");
    assert_eq!(String::from_utf8_lossy(&out), finished(&mut pairs));
}
