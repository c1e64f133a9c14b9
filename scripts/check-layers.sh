#!/bin/bash
# check-layers.sh [--self-test] : who may include what. Prints each offence as file:line and fails.
# The table is the one in src/README.md; a folder that is not in it may not exist.
set -euo pipefail
cd "$(dirname "$0")/.."

# folder: the folders that it may include besides itself
ours='
core:
xml: core
muc: core
mapping: core
xmpp: core xml
broker: core
store: core
gateway: core xml muc mapping xmpp broker store
cli: core xml muc mapping xmpp broker store gateway
.: core gateway cli
'
# header prefix: the folders (or files) that alone may include it
theirs='
gloox/: core/jid.cpp xmpp/component_stream.hpp xmpp/component_stream.cpp xmpp/gloox_connection.hpp xmpp/room_client.cpp xmpp/room_client_stanzas.cpp xmpp/room_tls.hpp
stringprep.h: core/saslprep.cpp
expat.h: xml
mqtt/: broker
amqp: broker
proton/: broker
MQTT: broker
nlohmann/: mapping gateway cli broker/amqp10_json.cpp
CLI/: cli
boost/asio: xmpp gateway
boost/beast: xmpp
boost/crc: store
boost/system/: core
boost/: xmpp gateway
openssl/: mapping/seal.cpp xmpp core/unique.cpp core/scram.cpp broker/tls_probe.cpp broker/amqp091_open.cpp
sqlite3: store
spdlog/: xmpp broker gateway cli .
fmt/: -
'

check() {
    local root=$1
    find "$root" -name '*.hpp' -o -name '*.cpp' | LC_ALL=C sort |
        xargs -r awk -v root="$root" -v ours="$ours" -v theirs="$theirs" '
        BEGIN {
            n = split(ours, lines, "\n")
            for (i = 1; i <= n; ++i) {
                if (split(lines[i], half, ":") < 1 || half[1] == "") continue
                known[half[1]] = 1
                may[half[1], half[1]] = 1
                m = split(half[2], words, " ")
                for (j = 1; j <= m; ++j) may[half[1], words[j]] = 1
            }
            n = split(theirs, lines, "\n")
            for (i = 1; i <= n; ++i) {
                if (split(lines[i], half, ":") < 2) continue
                prefix[++prefixes] = half[1]
                m = split(half[2], words, " ")
                for (j = 1; j <= m; ++j) alone[half[1], words[j]] = 1
            }
        }
        function offence(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; ++offences }
        FNR == 1 {
            file = substr(FILENAME, length(root) + 2)
            folder = index(file, "/") ? substr(file, 1, index(file, "/") - 1) : "."
            if (!(folder in known)) offence("the folder " folder " is not in the table of layers")
        }
        /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
            match($0, /[<"][^>"]*[>"]/)
            header = substr($0, RSTART + 1, RLENGTH - 2)
            if (substr($0, RSTART, 1) == "\"") {
                if (header == "version.hpp") next
                if (!index(header, "/")) { offence("write \"folder/" header "\": " header); next }
                target = substr(header, 1, index(header, "/") - 1)
                if (target in known) {
                    if (!((folder, target) in may)) offence(folder " may not include " target ": " header)
                    next
                }
            }
            for (i = 1; i <= prefixes; ++i)
                if (index(header, prefix[i]) == 1) {
                    if (!((prefix[i], folder) in alone) && !((prefix[i], file) in alone))
                        offence(folder " may not include <" header ">")
                    break
                }
        }
        END { exit offences > 0 }'
}

# Each line is an offence that must be found: the file, then what it includes.
self_test() {
    local file include missed=0
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    while read -r file include; do
        mkdir -p "$tree/src/$(dirname "$file")"
        printf '#include <string>\n#include %s\n' "$include" >"$tree/src/$file"
        if check "$tree/src" >"$tree/found" || ! grep -q "/$file:2: " "$tree/found"; then
            echo "not caught: $file includes $include" && missed=1
        fi
        rm -r "${tree:?}/src"
    done <<'END'
core/jid.hpp "muc/room.hpp"
core/topic.cpp <gloox/jid.h>
muc/room.cpp "broker/broker.hpp"
muc/room.cpp <spdlog/spdlog.h>
mapping/mapper.cpp <openssl/hmac.h>
mapping/rule.cpp "xmpp/session.hpp"
xml/reader.cpp <boost/asio.hpp>
xmpp/session.cpp "muc/room.hpp"
xmpp/session.cpp <expat.h>
broker/mqtt.cpp "gateway/gateway.hpp"
broker/mqtt.cpp <nlohmann/json.hpp>
store/accounts.cpp "xmpp/session.hpp"
gateway/logins.cpp <sqlite3.h>
gateway/link.cpp <mqtt/async_client.h>
gateway/link.cpp "cli/options.hpp"
gateway/link.cpp "link.hpp"
gateway/link.cpp <CLI/CLI.hpp>
END
    mkdir -p "$tree/src/core" "$tree/src/utils"
    printf '#include <gloox/jid.h>\n#include "core/jid.hpp"\n' >"$tree/src/core/jid.cpp"
    check "$tree/src" || { echo "an innocent file was blamed" && missed=1; }
    echo >"$tree/src/utils/a.cpp"
    ! check "$tree/src" >/dev/null || { echo "not caught: a folder outside the table" && missed=1; }
    return $missed
}

if [ "${1:-}" = --self-test ]; then
    self_test
else
    check src
fi
