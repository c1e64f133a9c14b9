#!/bin/bash
# run.sh [FLAGS...] : installs what it takes, builds, and runs the gateway with these flags of `mucbridge run`; with
# none, on a private broker of its own. Signals reach the gateway; the exit code is the gateway's.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
mucbridge=$root/build/release/mucbridge
export CCACHE_DIR=$root/build/ccache  # where there is a ccache, it keeps to the build folder

build() {
    local jobs log
    jobs=$(nproc)
    [ "$jobs" -le 3 ] || jobs=3
    log=$(mktemp)
    echo "building (the first time takes some minutes)" >&2
    if ! (cd "$root" && cmake --preset release -DMUCBRIDGE_TESTS=OFF &&
        cmake --build build/release --parallel "$jobs" --target mucbridge) >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 70
    fi
    rm -f "$log"
}

# The flags that say which state directory is meant, and so where the gateway can be asked.
where() {
    while [ $# -gt 0 ]; do
        case $1 in
        -c | --config | --state) [ $# -gt 1 ] && printf '%s\n%s\n' "$1" "$2" && shift ;;
        --config=* | --state=*) printf '%s\n' "$1" ;;
        esac
        shift
    done
}

# field NAME JSON : the first string of that name, or the first in a list of that name.
field() { sed -n "s/.*\"$1\": *\[\{0,1\} *\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

# Waits until the gateway says that it is ready, then tells how to talk to it.
greet() {
    local gateway=$1 status xmpp broker rooms host port
    shift
    until "$mucbridge" wait --timeout 2 "$@" >/dev/null 2>&1; do
        kill -0 "$gateway" 2>/dev/null || return 0
    done
    status=$("$mucbridge" status --json "$@" | tr '\n' ' ') || return 0
    xmpp=$(field listen "$status") broker=$(field endpoint "$status") rooms=$(field rooms_domain "$status")
    cat >&2 <<END

mucbridge is running. With any XMPP client:
    server    ${xmpp#xmpp://} (no encryption)
    account   any name @$(field domain "$status"), any password
    room      foo.bar@$rooms
END
    case $broker in
    mqtt://*)
        broker=${broker#mqtt://} host=${broker%:*} port=${broker##*:}
        cat >&2 <<END
and from another terminal (package mosquitto-clients):
    mosquitto_sub -h $host -p $port -t foo/bar
    mosquitto_pub -h $host -p $port -t foo/bar -m hello
END
        ;;
    esac
    echo "Ctrl-C ends it." >&2
}

"$root/scripts/install-deps.sh" build run
build
for flag in "$@"; do
    case $flag in -h | --help) exec "$mucbridge" run "$@" ;; esac
done
gateway=$$
mapfile -t asking < <(where "$@")
(greet "$gateway" "${asking[@]}" &)
exec "$mucbridge" run "$@"
