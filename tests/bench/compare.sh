#!/bin/bash
# compare.sh [--rounds N] [--seconds S] [--big] : mucbridge and Prosody in turn on this machine, each alone on one core, the
# load on another; prints what each delivered and how many times the other's that is (medians over the rounds).
# BUILD: the build folder of mucbridge and bench_load. SERVER_CORE, LOAD_CORE: which cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3 seconds=5 shapes='1x10@200 1x100@40'
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=${2:?}; shift 2 ;;
    --seconds) seconds=${2:?}; shift 2 ;;
    --big) shapes+=' 1x1000@4'; shift ;;
    *) sed -n '2,4s/^# //p' "$0" >&2; exit 64 ;;
    esac
done
build=${BUILD:-build/bench} server_core=${SERVER_CORE:-0} load_core=${LOAD_CORE:-1}
for program in "$build/mucbridge" "$build/tests/bench/bench_load"; do
    [ -x "$program" ] || { echo "compare.sh: no $program: see tests/bench/README.md" >&2; exit 69; }
done
command -v prosody >/dev/null || { echo "compare.sh: no prosody: apt-get install prosody" >&2; exit 69; }

work=$(mktemp -d)
declare -A pid port
stop_all() {
    local server
    for server in "${!pid[@]}"; do kill "${pid[$server]}" 2>/dev/null || true; done
    for server in "${!pid[@]}"; do
        for _ in {1..100}; do kill -0 "${pid[$server]}" 2>/dev/null || break; sleep 0.1; done
        kill -9 "${pid[$server]}" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
    local candidate
    while candidate=$((20000 + RANDOM % 10000)) && is_open "$candidate"; do :; done
    echo "$candidate"
}

# start NAME PROGRAM...: on the servers' core, until its port is open
start() {
    local server=$1
    shift
    taskset -c "$server_core" "$@" >"$work/$server.log" 2>&1 &
    pid[$server]=$!
    for _ in {1..300}; do
        is_open "${port[$server]}" && return
        kill -0 "${pid[$server]}" 2>/dev/null || break
        sleep 0.1
    done
    echo "compare.sh: $server does not start:" >&2
    tail -20 "$work/$server.log" >&2
    exit 69
}

start_mucbridge() {
    port[mucbridge]=$(free_port)
    start mucbridge "$build/mucbridge" run --listen "xmpp://127.0.0.1:${port[mucbridge]}" --broker memory: --loops 1 \
        --state "$work/state" --log-level warn
}

# The leanest Prosody that has rooms: no archive, no TLS, no limits.
start_prosody() {
    port[prosody]=$(free_port)
    local data=$work/prosody user
    mkdir -p "$data/localhost/accounts"
    for user in $(seq 1 1000); do
        printf 'return { password = "bench" };\n' >"$data/localhost/accounts/u$user.dat"
    done
    cat >"$work/prosody.cfg.lua" <<EOF
pidfile = "$work/prosody.pid"; data_path = "$data"; run_as_root = true; daemonize = false
interfaces = { "127.0.0.1" }; c2s_ports = { ${port[prosody]} }; c2s_direct_tls_ports = {}
s2s_ports = {}; component_ports = {}; http_ports = {}; https_ports = {}
modules_enabled = { "roster", "saslauth", "disco", "ping" }
modules_disabled = { "s2s", "tls", "limits" }
c2s_require_encryption = false; allow_unencrypted_plain_auth = true
authentication = "internal_plain"; storage = "internal"
log = { { levels = { min = "warn" }, to = "file", filename = "$work/prosody-own.log" } }
VirtualHost "localhost"
Component "rooms.localhost" "muc"
  restrict_room_creation = false
  muc_room_locking = false
EOF
    start prosody prosody --config "$work/prosody.cfg.lua" -F
}

# Until a second passes in which the server did nothing: its occupants leave, which in a large room takes a while.
await_rest() {
    local before=-1 after=0
    for _ in {1..300}; do
        after=$(awk '{ print $14 + $15 }' "/proc/$1/stat")
        [ "$((after - before))" -gt 2 ] || return 0
        before=$after
        sleep 1
    done
    echo "compare.sh: process $1 does not come to rest" >&2
    exit 1
}

# measure SHAPE SERVER ROUND CASE OPTIONS...: appends "SHAPE CASE:FIGURE ROUND SERVER VALUE" for each figure
measure() {
    local shape=$1 server=$2 round=$3 case=$4
    shift 4
    if ! taskset -c "$load_core" "$build/tests/bench/bench_load" --server "127.0.0.1:${port[$server]}" --rooms "${shape%x*}" \
        --occupants "${shape#*x}" --seconds "$seconds" --pid "${pid[$server]}" "$@" >"$work/run"; then
        echo "compare.sh: $server at $shape, $case: failed" >&2
        cat "$work/run" >&2
        exit 1
    fi
    awk -v head="$shape $case" -v tail="$round $server" '{ print head ":" $1, tail, $2 }' "$work/run" >>"$work/figures"
    await_rest "${pid[$server]}"
}

# SHAPE CASE:FIGURE TITLE
row() {
    awk -v shape="$1" -v figure="$2" -v title="$3" '
    function median(values, n,    i, j, t) {
        for (i = 1; i <= n; ++i)
            for (j = i + 1; j <= n; ++j) if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
        return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    $1 == shape && $2 == figure { value[$4, $3] = $5; if ($3 > n) n = $3 }
    END {
        for (i = 1; i <= n; ++i) {
            ours[i] = value["mucbridge", i]; theirs[i] = value["prosody", i]
            ratio[i] = theirs[i] > 0 ? ours[i] / theirs[i] : 0
        }
        u = median(ours, n); t = median(theirs, n)
        printf "%-7s %-24s %12s %12s %9.3g\n", shape, title, sprintf(u < 1000 ? "%.4g" : "%.0f", u), sprintf(t < 1000 ? "%.4g" : "%.0f", t), median(ratio, n)
    }' "$work/figures"
}

start_mucbridge
start_prosody
echo "$(uname -sm), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg); $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
for round in $(seq 1 "$rounds"); do
    for entry in $shapes; do
        for server in mucbridge prosody; do
            measure "${entry%@*}" "$server" "$round" closed
            measure "${entry%@*}" "$server" "$round" rate --rate "${entry#*@}"
        done
    done
done
printf '%-7s %-24s %12s %12s %9s\n' shape figure mucbridge prosody ratio
for entry in $shapes; do
    shape=${entry%@*} rate=${entry#*@}
    row "$shape" closed:delivered_per_second "delivered/s"
    row "$shape" closed:delivered_per_cpu_second "delivered/CPU s"
    row "$shape" rate:p50_ms "p50 ms, $rate lines/s"
    row "$shape" rate:p99_ms "p99 ms, $rate lines/s"
    row "$shape" closed:joins_per_second "joins/s"
done
