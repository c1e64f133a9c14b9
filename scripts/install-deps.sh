#!/bin/bash
# install-deps.sh [build] [run] [test] : installs the Debian packages that building, running or testing needs.
# Quiet and without questions, as root or through sudo; does nothing where everything is there already.
set -euo pipefail

declare -A packages=(
    [build]="g++ cmake ninja-build pkg-config libboost1.81-dev libexpat1-dev libssl-dev libgloox-dev libidn-dev zlib1g-dev libsqlite3-dev
             libpaho-mqttpp-dev libpaho-mqtt-dev librabbitmq-dev libqpid-proton-cpp12-dev libsasl2-modules libcli11-dev nlohmann-json3-dev libspdlog-dev"
    [run]="mosquitto"
    [test]="doctest-dev clang-format clang-tidy clang libclang-rt-14-dev llvm mosquitto mosquitto-clients openssl
            python3 python3-slixmpp python3-paho-mqtt profanity poezio tmux procps util-linux
            prosody ejabberd libgsasl18 python3-openssl finch go-sendxmpp rabbitmq-server amqp-tools python3-pika
            default-jdk-headless libactivemq-java libmqtt-client-java"
)

missing=()
for group in "$@"; do
    [ -n "${packages[$group]:-}" ] || { echo "install-deps.sh: want build, run or test, got '$group'" >&2; exit 64; }
    for package in ${packages[$group]}; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
done
# npm brings the tests an AMQP 1.0 client of their own; whose npm it is does not matter.
case " $* " in *" test "*) command -v npm >/dev/null || missing+=(nodejs npm) ;; esac
[ ${#missing[@]} = 0 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "install-deps.sh: needs root or sudo to install: ${missing[*]}" >&2; exit 69; }
    as_root=(sudo)
fi

# Debian starts a daemon as soon as its package is installed. We start our own where and when we need them, so while we
# install, a policy says no; one that is there already is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

echo "installing: ${missing[*]}" >&2
log=$(mktemp)
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1; }
if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
    cat "$log" >&2
    rm -f "$log"
    exit 69
fi
rm -f "$log"
