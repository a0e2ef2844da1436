//! The order of the files in a room, from the top down: each uses those below it only. A folder is one place.
//!
//! A room joins the table once it has no circles. A new file is one more word in the row of its room.

use super::circles::{Module, graph};
use super::source::none;

const ORDER: &[(&str, &str)] = &[
    (
        "cli",
        "mod topics man_pages list foreign_words grammar map run saved_folds status queue_command report xargs parallel batch failure_options merge open missing_separator foreign_command queue_run run_end unattended run_summary queue options child progress awk_program remote_name plain_text pool \
         exit_code queue_login lock_in_use out state save option_value option_words records usage_error canonical_args color",
    ),
    (
        "control",
        "mod read_counter worker_handle slot stop_request worker_count shortage",
    ),
    (
        "fold",
        "group record_fold result_rows ranked_rows value_counts group_table key_order plan top_n sorted_entries sorted_keys partition value_list aggregate quantity dictionary table \
         exact_sum rounding mod sorted_run save_format",
    ),
    ("help", "mod man_page terminal_text document"),
    ("merge", "mod plan job tree level output intermediate pipe_job"),
    ("progress", "mod bar screen json_lines estimate"),
    (
        "output",
        "mod reserved stream_files job_files failed_list path_set resolve_link conflicts",
    ),
    ("map", "function cat check digest wc read mod emit"),
    (
        "process",
        "pool kept_output result_table opened command dry_run trace arg_limit spawn stdin spawn_retry mod child outcome child_event stop_ladder pipes \
         plan resolve median_limit start_gate stopped suspend deadline",
    ),
    (
        "record",
        "alignment row_printer recognition stage line_loop prefilter projection record_sink plan window evidence format expression pattern \
         render named_values field mod modifier notes json_path measure time number decimal row_format suggest plan_error findings bits",
    ),
    (
        "report",
        "mod stored job_log page verdict lanes histogram timeline chart html facts units",
    ),
    ("sink", "mod reorder sendfile row_limit spill tag piece"),
    (
        "worker",
        "mod requeue retry job_output output_buffer shared err_file channel task event compact record folds run_state panic",
    ),
];

/// Returns the place of a file in its room: `aggregate` for `fold::aggregate::count`.
fn place(module: &Module) -> &str {
    module.get(1).map_or("mod", String::as_str)
}

#[test]
fn files_of_a_room_use_those_below_them_only() {
    let (graph, mut wrong) = (graph(), Vec::new());
    for (room, order) in ORDER {
        let order: Vec<_> = order.split_whitespace().collect();
        let files = || graph.iter().filter(|(module, _)| module[0] == *room);
        let gone = order
            .iter()
            .filter(|name| !files().any(|(module, _)| place(module) == **name));
        wrong.extend(gone.map(|name| format!("{room}: {name} does not exist")));
        for (module, used) in files() {
            let from = order.iter().position(|name| *name == place(module));
            let Some(from) = from else {
                wrong.push(format!("{room}: {} has no place in ORDER", place(module)));
                continue;
            };
            let above = used.iter().filter(|used| order[..from].contains(&place(used)));
            wrong.extend(above.map(|used| format!("{} uses {}", module.join("::"), used.join("::"))));
        }
    }
    none(&wrong, "files use those below them in the table ORDER only");
}
