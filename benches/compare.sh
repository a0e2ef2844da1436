#!/usr/bin/env bash
# Compares fanfold with the programs that people use for the same jobs, and with the floors under them.
#
#     benches/compare.sh [-r ROUNDS] [GROUP...]        default: 5 rounds, every group but `member`, `pool`, `merge`, `folds` and `formats`
#
# robots   hosts that fetched /robots.txt, gzip        search   lines that hold a literal, plain
# status   hits by status, gzip                        member   count lines of one gzip member of 1.9 GB
# hosts    distinct hosts, gzip                        runner   5000 jobs that do nothing, captured and not
# plain    distinct hosts, plain                       start    one `true`, a hundred times
# scale    one worker against two                      pool     2000 small files counted by Python
# merge    400 files of 2 GB, sorted or not, merged    xargs    `fanfold xargs` and xargs: -P, -n, many words
# folds    many keys, p95 and distinct by key, gzip    formats  sums by a key out of JSON and CSV
#
# FANFOLD_CORPUS   the corpus (default: target/corpus; made when missing: 2.1 GB)
# FANFOLD_THREADS  threads for everybody (default: the cores)
# FANFOLD          a fanfold to time instead of a release build of this tree
# FANFOLD_FEATURES features to build with: isal
# PYTHON           the python3 that has duckdb, chdb and polars, if any does: that of a virtual environment, say
#
# Commands run in turn, first round uncounted; medians, and ratios to the first command, which is fanfold.
# Answers must agree; a peer that is not installed is skipped.
set -euo pipefail
here=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() { sed -n '4p' "${BASH_SOURCE[0]}" | cut -c 7- >&2; exit 2; }

# from DIR PATH: PATH made absolute.
from() { case $2 in /*) printf '%s' "$2" ;; *) printf '%s/%s' "$1" "$2" ;; esac; }

rounds=5
while getopts r: option; do
    case $option in r) rounds=$OPTARG ;; *) usage ;; esac
done
shift $((OPTIND - 1))
groups=("$@")
[ $# -gt 0 ] || groups=(robots status hosts plain search scale runner start xargs)

# The commands below see these, so that no path is ever pasted into a command.
export BENCHES=$PWD/benches
TARGET=$(from "$PWD" "${CARGO_TARGET_DIR:-target}")
CORPUS=$(from "$here" "${FANFOLD_CORPUS:-$TARGET/corpus}")
export TARGET CORPUS CARGO_TARGET_DIR=$TARGET
[ -z "${FANFOLD:-}" ] || FANFOLD=$(from "$here" "$FANFOLD")
export THREADS=${FANFOLD_THREADS:-$(nproc)}
export PYTHON=${PYTHON:-python3}
export ROBOTS='$7 == "/robots.txt" {print $1}'
export LITERAL='"GET /robots.txt '
mkdir -p "$TARGET"

# tool NAME: builds a bench target and prints where it is.
tool() {
    cargo build --quiet --release ${FANFOLD_FEATURES:+--features "$FANFOLD_FEATURES"} --bench "$1" --message-format=json |
        "$PYTHON" -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == sys.argv[1]:
        print(message["executable"])' "$1"
}

# make_corpus DIR NFILES LINES KIND: generates into a temporary directory, so that a DIR that exists is complete.
make_corpus() {
    [ ! -d "$1" ] || return 0
    echo "making $1 ($2 × $3 lines)" >&2
    rm -rf "$1.part"
    "$(tool corpus)" "$1.part" "$2" "$3" 1 "$4"
    mv "$1.part" "$1"
}

# has NAME: whether a program or a Python module is there to compare with.
has() {
    case $1 in
        duckdb | chdb | polars) "$PYTHON" -c "import $1" 2>/dev/null ;;
        *) command -v -- "$1" >/dev/null ;;
    esac
}

# peer 'PROGRAM...' NAME COMMAND: adds a command to the group, when what it needs is installed.
commands=()
peer() {
    local program
    for program in $1; do
        has "$program" || { echo "skipped: $program is not installed ($2)"; return 0; }
    done
    commands+=("$2=$3")
}

# compare TITLE [OPTION...]: times the group's commands.
failed=()
compare() {
    local title=$1
    shift
    echo "## $title"
    "$PYTHON" "$BENCHES/compare.py" -r "$rounds" "$@" "${commands[@]}" || failed+=("$title")
    commands=()
    echo
}

need_logs() {
    make_corpus "$CORPUS" 40 200000 both
    FLOOR=${FLOOR:-$(tool floor)}
    export FLOOR
}

floor() { peer '' 'decode only' '"$FLOOR" "$THREADS" "$CORPUS"/*.log.gz'; }

robots() {
    need_logs
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log.gz --where "7 == /robots.txt" --select 1 --unique'
    floor
    peer 'ugrep' 'ugrep -z' 'ugrep -z -h -F "$LITERAL" "$CORPUS"/*.log.gz | cut -d" " -f1 | sort -u'
    peer 'rg gzip' 'rg -z' 'rg -z -j "$THREADS" -I -N -F "$LITERAL" "$CORPUS"/*.log.gz | cut -d" " -f1 | sort -u'
    # Concurrent awks share one pipe: where their blocks meet, lines are torn.
    peer 'xargs zcat awk' 'xargs zcat awk' 'printf "%s\0" "$CORPUS"/*.log.gz |
        xargs -0 -n1 -P "$THREADS" sh -c '\''zcat "$1" | awk "$ROBOTS"'\'' sh | sort -u'
    peer 'parallel zcat awk' 'parallel zcat awk' \
        'parallel --will-cite -j "$THREADS" '\''zcat {} | awk "$ROBOTS"'\'' ::: "$CORPUS"/*.log.gz | sort -u'
    peer "$PYTHON" 'Pool script' '"$PYTHON" "$BENCHES/findrobots.py" "$CORPUS"/*.log.gz'
    compare 'robots: hosts that fetched /robots.txt, gzip' --may-differ 'xargs zcat awk' --no-answer 'decode only'
}

status() {
    need_logs
    export EACH='{n[$9]++} END {for (k in n) print n[k], k}'
    export ALL='{n[$2] += $1} END {for (k in n) printf "%d\t%s\n", n[k], k}'
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log.gz --select 9 --count'
    floor
    peer 'duckdb' 'DuckDB' '"$PYTHON" "$BENCHES/duckdb_status.py" "$THREADS" "$CORPUS"/*.log.gz'
    peer 'parallel zcat mawk' 'parallel zcat mawk' \
        'parallel --will-cite -j "$THREADS" '\''zcat {} | mawk "$EACH"'\'' ::: "$CORPUS"/*.log.gz | mawk "$ALL"'
    compare 'status: hits by status, gzip' --no-answer 'decode only'
}

hosts() {
    need_logs
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log.gz --select 1 --unique'
    floor
    peer 'parallel zcat' 'parallel sort' \
        'parallel --will-cite -j "$THREADS" '\''zcat {} | cut -d" " -f1 | sort -u'\'' ::: "$CORPUS"/*.log.gz | sort -u'
    compare 'hosts: distinct hosts, gzip' --no-answer 'decode only'
}

plain() {
    need_logs
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log --select 1 --unique'
    peer 'parallel' 'parallel sort' \
        'parallel --will-cite -j "$THREADS" '\''cut -d" " -f1 {} | sort -u'\'' ::: "$CORPUS"/*.log | sort -u'
    compare 'plain: distinct hosts, plain'
}

search() {
    need_logs
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log --grep "$LITERAL"'
    peer 'rg' 'rg' 'rg -j "$THREADS" -I -N -F "$LITERAL" "$CORPUS"/*.log'
    peer 'ugrep' 'ugrep' 'ugrep -h -F "$LITERAL" "$CORPUS"/*.log'
    peer 'grep' 'grep' 'grep -h -F "$LITERAL" "$CORPUS"/*.log'
    compare 'search: lines that hold a literal, plain'
}

scale() {
    need_logs
    peer '' 'fanfold -j2' '"$FANFOLD" map -j 2 "$CORPUS"/*.log.gz --where "7 == /robots.txt" --select 1 --unique'
    peer '' 'fanfold -j1' '"$FANFOLD" map -j 1 "$CORPUS"/*.log.gz --where "7 == /robots.txt" --select 1 --unique'
    # How far the machine itself scales.
    peer '' 'decode only 2' '"$FLOOR" 2 "$CORPUS"/*.log.gz'
    peer '' 'decode only 1' '"$FLOOR" 1 "$CORPUS"/*.log.gz'
    compare 'scale: one worker against two, robots' --no-answer 'decode only 2' --no-answer 'decode only 1'
    peer '' 'fanfold -j2' '"$FANFOLD" map -j 2 "$CORPUS"/*.log.gz --select 1 --unique'
    peer '' 'fanfold -j1' '"$FANFOLD" map -j 1 "$CORPUS"/*.log.gz --select 1 --unique'
    compare 'scale: one worker against two, hosts'
}

member() {
    export ONE=$CORPUS-one
    make_corpus "$ONE" 1 8000000 gz
    FLOOR=${FLOOR:-$(tool floor)}
    export FLOOR
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$ONE"/*.log.gz --agg count'
    peer '' 'zlib-rs stream' '"$FLOOR" stream 1 "$ONE"/*.log.gz'
    [[ ${FANFOLD_FEATURES:-} != *isal* ]] || peer '' 'ISA-L stream' '"$FLOOR" isal 1 "$ONE"/*.log.gz'
    peer 'zcat' 'zcat wc' 'zcat "$ONE"/*.log.gz | wc -l'
    compare 'member: count lines of one gzip member of 1.9 GB'
}

# clickhouse SQL: adds ClickHouse's answer over the lines of the gzip logs, of which the fields are `f`.
clickhouse() {
    export QUERY_$((++queries))="WITH splitByChar(' ', line) AS f $1"
    peer chdb chdb "\"\$PYTHON\" \"\$BENCHES/chdb_query.py\" \"\$THREADS\" \"\$QUERY_$queries\""
}
queries=0

folds() {
    need_logs
    local lines="FROM file('$CORPUS/*.log.gz', LineAsString)"
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log.gz --select 1,7 --count --top 5'
    floor
    clickhouse "SELECT count() AS n, f[1] AS host, f[7] AS path $lines
        GROUP BY host, path ORDER BY n DESC, concat(host, '\t', path) LIMIT 5"
    compare 'folds: requests by host and path, gzip' --no-answer 'decode only'
    # ClickHouse takes another rank as the nearest where two are as near.
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log.gz -i clf --by path:noquery --agg p95:bytes'
    floor
    clickhouse "SELECT splitByChar('?', f[7])[1] AS path, quantileExact(0.95)(toUInt64OrNull(f[10])) $lines GROUP BY path"
    compare 'folds: the 95th percentile of bytes by path, gzip' --no-answer 'decode only' --may-differ chdb
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$CORPUS"/*.log.gz -i clf --by path:noquery --agg distinct:host'
    floor
    clickhouse "SELECT splitByChar('?', f[7])[1] AS path, uniqExact(f[1]) $lines GROUP BY path"
    compare 'folds: distinct hosts by path, gzip' --no-answer 'decode only'
}

# need_records: the records of a quarter of the logs that have a size, as JSON and as CSV.
need_records() {
    need_logs
    export RECORDS=$CORPUS-records
    [ ! -d "$RECORDS" ] || return 0
    rm -rf "$RECORDS.part" && mkdir -p "$RECORDS.part"
    local files=("$CORPUS"/*.log.gz) kind
    for kind in json csv; do
        "$FANFOLD" map "${files[@]:0:$(((${#files[@]} + 3) / 4))}" -i clf -w 'bytes exists' \
            --select time,host,method,path,status,bytes,agent -o "$kind" >"$RECORDS.part/events.$kind"
    done
    mv "$RECORDS.part" "$RECORDS"
}

formats() {
    need_records
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$RECORDS/events.json" -i json --by status --agg sum:bytes'
    export JSON="SELECT JSONExtractString(line, 'status') AS s, sum(toUInt64(JSONExtractString(line, 'bytes')))
        FROM file('$RECORDS/events.json', LineAsString) GROUP BY s"
    peer chdb chdb '"$PYTHON" "$BENCHES/chdb_query.py" "$THREADS" "$JSON"'
    compare 'formats: bytes by status, JSON'
    peer '' fanfold '"$FANFOLD" map -j "$THREADS" "$RECORDS/events.csv" -i csv --header no --by status --agg sum:bytes'
    export CSV="SELECT status, sum(bytes) FROM file('$RECORDS/events.csv', CSVWithNames) GROUP BY status"
    peer chdb chdb '"$PYTHON" "$BENCHES/chdb_query.py" "$THREADS" "$CSV"'
    peer polars Polars 'POLARS_MAX_THREADS=$THREADS "$PYTHON" "$BENCHES/polars_sum.py" "$RECORDS/events.csv" status bytes'
    peer xan xan 'xan parallel groupby -t "$THREADS" status "sum(bytes) as bytes" "$RECORDS/events.csv" | xan behead | xan to tsv'
    compare 'formats: bytes by status, CSV'
}

need_jobs() {
    export JOBS=5000 NOP=$TARGET/compare/nop SPAWN_FLOOR=$TARGET/compare/spawn_floor NAMES=$TARGET/compare/names
    mkdir -p "$TARGET/compare"
    # A dynamic no-op where there is no static libc: the same for everybody, but slower.
    cc -O2 -static -o "$NOP" "$BENCHES/nop.c" 2>/dev/null || cc -O2 -o "$NOP" "$BENCHES/nop.c"
    cc -O2 -o "$SPAWN_FLOOR" "$BENCHES/spawn_floor.c" -lpthread
    seq "$JOBS" >"$NAMES"
}

runner() {
    has cc || { echo 'skipped: cc is not installed (runner)'; return 0; }
    need_jobs
    peer '' fanfold '"$FANFOLD" run -j "$THREADS" -- "$NOP" <"$NAMES"'
    peer '' 'fanfold -u' '"$FANFOLD" run -u -j "$THREADS" -- "$NOP" <"$NAMES"'
    peer '' 'spawn and wait' '"$SPAWN_FLOOR" "$JOBS" "$THREADS" "$NOP"'
    peer 'xargs' 'xargs -n1' 'xargs -P "$THREADS" -n1 "$NOP" <"$NAMES"'
    peer 'rust-parallel' 'rust-parallel' 'rust-parallel -j "$THREADS" "$NOP" <"$NAMES"'
    peer 'parallel' 'parallel' 'parallel --will-cite -j "$THREADS" '\''"$NOP"'\'' <"$NAMES"'
    compare "runner: $JOBS jobs that do nothing"
}

xargs() {
    has cc || { echo 'skipped: cc is not installed (xargs)'; return 0; }
    need_jobs
    local procs args
    for procs in 1 2 0; do
        for args in 1 10; do
            export OPTIONS="-P$procs -n$args"
            peer '' 'fanfold xargs' '"$FANFOLD" xargs $OPTIONS "$NOP" <"$NAMES"'
            peer 'xargs' 'xargs' 'xargs $OPTIONS "$NOP" <"$NAMES"'
            compare "xargs $OPTIONS: $JOBS words, commands that do nothing"
        done
    done
    peer '' 'fanfold xargs' 'seq 1000000 | "$FANFOLD" xargs "$NOP"'
    peer 'xargs' 'xargs' 'seq 1000000 | xargs "$NOP"'
    compare 'xargs: a million words, as many as fit'
    peer '' 'fanfold xargs' 'for i in {1..100}; do "$FANFOLD" xargs true </dev/null; done'
    peer 'xargs' 'xargs' 'for i in {1..100}; do xargs true </dev/null; done'
    compare 'xargs: one `true`, a hundred times'
}

start() {
    mkdir -p "$TARGET/compare"
    export NAME=$TARGET/compare/name
    echo 1 >"$NAME"
    peer '' fanfold 'for i in {1..100}; do "$FANFOLD" run -- true <"$NAME"; done'
    peer 'xargs' 'xargs' 'for i in {1..100}; do xargs true <"$NAME"; done'
    compare 'start: one `true`, a hundred times'
}

pool() {
    export SMALL=$TARGET/compare/small
    mkdir -p "$SMALL"
    for name in "$SMALL"/{0001..2000}; do seq "$((10#${name##*/} % 50))" >"$name"; done
    peer "$PYTHON" fanfold '"$FANFOLD" run -j "$THREADS" "$SMALL" --pool -- "$PYTHON" "$BENCHES/count.py" pool'
    peer "$PYTHON" 'multiprocessing.Pool' '"$PYTHON" "$BENCHES/count.py" many "$THREADS" "$SMALL"/*'
    # A process a file takes most of a minute for all of them: every tenth file, and the time times ten.
    peer "xargs $PYTHON" 'xargs -n1' \
        'printf "%s\0" "$SMALL"/*0 | xargs -0 -P "$THREADS" -n1 "$PYTHON" "$BENCHES/count.py" one'
    peer "parallel $PYTHON" 'parallel' \
        'parallel --will-cite -j "$THREADS" "$PYTHON" "$BENCHES/count.py" one ::: "$SMALL"/*0'
    compare 'pool: 2000 small files counted by Python' --share 'xargs -n1=10' --share 'parallel=10'
}

# need_sorted: 400 files as they come, and the same sorted.
need_sorted() {
    export UNSORTED=$TARGET/compare/unsorted SORTED=$TARGET/compare/sorted SCRATCH=$TARGET/compare/scratch
    if [ ! -d "$UNSORTED" ]; then
        rm -rf "$UNSORTED.part" && mkdir -p "$UNSORTED.part"
        for seed in {001..400}; do
            awk -v seed="$((10#$seed))" 'BEGIN {
                srand(seed)
                for (i = 0; i < 100000; i++) printf "%010d a line of a log of some fifty bytes\n", rand() * 1e10
            }' >"$UNSORTED.part/$seed"
        done
        mv "$UNSORTED.part" "$UNSORTED"
    fi
    if [ ! -d "$SORTED" ]; then
        rm -rf "$SORTED.part" && mkdir -p "$SORTED.part"
        for seed in {001..400}; do LC_ALL=C sort "$UNSORTED/$seed" >"$SORTED.part/$seed"; done
        mv "$SORTED.part" "$SORTED"
    fi
}

# The last lines of each answer are compared: all of it would have to be held, and sorted.
# merged DIR MAP TITLE: times what brings the outputs of a command for each file of DIR together.
merged() {
    export DIR=$1 MAP=$2
    peer '' fanfold '"$FANFOLD" run -j "$THREADS" "$DIR" --merge "sort -m {}" -- "$MAP" | tail -n 9999'
    peer 'sort' "$MAP, then sort -m" 'rm -rf "$SCRATCH" && mkdir "$SCRATCH" &&
        for file in "$DIR"/*; do "$MAP" "$file" >"$SCRATCH/${file##*/}" || exit; done &&
        sort -m --batch-size=400 "$SCRATCH"/* | tail -n 9999; rm -rf "$SCRATCH"'
    peer 'sort' 'sort' 'sort --parallel "$THREADS" "$DIR"/* | tail -n 9999'
    compare "$3"
}

merge() {
    need_sorted
    merged "$SORTED" cat 'merge: 400 sorted files of 2 GB'
    merged "$UNSORTED" sort 'merge: 400 files of 2 GB, each sorted first'
}

for group in "${groups[@]}"; do
    case $group in
        robots | status | hosts | plain | search | scale | member | runner | start | pool | merge | xargs | folds | formats) ;;
        *) echo "compare.sh: unknown group '$group' (known: robots status hosts plain search scale member runner start pool merge xargs folds formats)" >&2
           exit 2 ;;
    esac
done
if [ -z "${FANFOLD:-}" ]; then
    cargo build --quiet --release ${FANFOLD_FEATURES:+--features "$FANFOLD_FEATURES"} --bin fanfold
    FANFOLD=$TARGET/release/fanfold
fi
export FANFOLD
for group in "${groups[@]}"; do "$group"; done
if [ ${#failed[@]} -gt 0 ]; then
    printf 'compare.sh: failed or differs: %s\n' "${failed[@]}" >&2
    exit 1
fi
