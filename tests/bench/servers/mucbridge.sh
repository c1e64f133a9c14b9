#!/bin/bash
# mucbridge.sh FOLDER PORT ACCOUNTS : mucbridge in the foreground; accounts it needs none.
# BUILD: its build folder. LOOPS (1), BROKER (memory:), QOS (1): what they say.
set -euo pipefail
folder=$1 port=$2
mkdir -p "$folder"
cat >"$folder/bridge.json" <<EOF
{"listen": ["xmpp://127.0.0.1:$port"], "loops": ${LOOPS:-1}, "state": "$folder/state", "log": {"level": "warn"},
 "brokers": {"main": {"url": "${BROKER:-memory:}"}},
 "rules": [{"room": "{name}", "topic": "{name}", "qos": ${QOS:-1}}]}
EOF
exec "${BUILD:?}/mucbridge" run -c "$folder/bridge.json"
