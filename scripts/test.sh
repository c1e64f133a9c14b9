#!/bin/bash
# test.sh [--fast] [NAME] : installs what testing takes, builds, and runs the tests; ends with ctest's summary.
#   --fast  only what needs no server and ends soon: units, scenes, layers, format, the corpora of the fuzz targets
#   NAME    only tests whose name matches this regular expression
# Everything is built twice, optimised and with AddressSanitizer and UndefinedBehaviorSanitizer, and the tests of the
# second build are run by the same ctest, as sanitized.*; what has threads a third time, with ThreadSanitizer: threads.*;
# and without --fast the fuzz targets a fourth time, with libFuzzer, each of which is run for 30 s: fuzz.*
# Where no more than three tests with real servers fail, they are run again, alone, and that decides.
set -euo pipefail
cd "$(dirname "$0")/.."
export CCACHE_DIR=$PWD/build/ccache  # where there is a ccache, it keeps to the build folder

filter=() fuzzed=$PWD/build/fuzz
while [ $# -gt 0 ]; do
    case $1 in
    --fast) filter+=(-L fast) fuzzed= ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "test.sh: want --fast or the name of tests, got '$1'" >&2; exit 64 ;;
    *) filter+=(-R "$1") ;;
    esac
    shift
done

scripts/install-deps.sh build run test

jobs=$(nproc)
[ "$jobs" -le 3 ] || jobs=3

# quietly WHAT COMMAND... : its output is worth reading only where it fails.
quietly() {
    local what=$1 log started=$SECONDS
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; echo "test.sh: $what failed" >&2; exit 70; }
    rm -f "$log"
    echo "$what: $((SECONDS - started)) s"
}

quietly "configuring (sanitize)" cmake --preset sanitize -DMUCBRIDGE_TESTS=ON
quietly "building (sanitize)" cmake --build build/sanitize --parallel "$jobs"
quietly "configuring (thread-sanitize)" cmake --preset thread-sanitize -DMUCBRIDGE_TESTS=ON
quietly "building (thread-sanitize)" cmake --build build/thread-sanitize --parallel "$jobs" --target under_threads
if [ -n "$fuzzed" ]; then
    quietly "configuring (fuzz)" cmake --preset fuzz
    quietly "building (fuzz)" cmake --build build/fuzz --parallel "$jobs"
fi
quietly "configuring (release)" cmake --preset release -DMUCBRIDGE_TESTS=ON \
    -DMUCBRIDGE_SANITIZED="$PWD/build/sanitize" -DMUCBRIDGE_THREAD_SANITIZED="$PWD/build/thread-sanitize" \
    -DMUCBRIDGE_FUZZED="$fuzzed"
quietly "building (release)" cmake --build build/release --parallel "$jobs"

# The tests end what they start; where they are cut short, whatever they left ends with their session.
tests=
trap 'pkill -KILL -s "$tests" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
run_ctest() {
    setsid ctest --test-dir build/release --output-on-failure --no-tests=error "$@" &
    tests=$!
    wait "$tests"
}

# Whether what failed are a few tests with real servers, which share two processors with others and with each other's
# servers: those are run again, one at a time. Not what a sanitizer found, and not what the chaos test counted.
may_run_again() {
    local logs=build/release/Testing/Temporary failed
    failed=$(cut -d: -f2 "$logs/LastTestsFailed.log")
    [ "$(wc -l <<<"$failed")" -le 3 ] && ! grep -qvE '^(sanitized\.)?live\.' <<<"$failed" && ! grep -q 'chaos' <<<"$failed" &&
        ! grep -qE 'ERROR: [A-Za-z]+Sanitizer|runtime error:' "$logs/LastTest.log"
}

status=0
run_ctest --parallel "$jobs" "${filter[@]}" || status=$?
if [ "$status" = 8 ] && may_run_again; then
    pkill -KILL -s "$tests" 2>/dev/null || true
    echo "test.sh: once more, alone: $(cut -d: -f2 build/release/Testing/Temporary/LastTestsFailed.log | paste -sd ' ')"
    status=0
    run_ctest --rerun-failed || status=$?
fi
exit "$status"
