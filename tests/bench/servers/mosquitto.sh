#!/bin/bash
# mosquitto.sh FOLDER PORT : mosquitto in the foreground, which keeps nothing on disk and drops nothing.
set -euo pipefail
folder=$1 port=$2
mkdir -p "$folder"
cat >"$folder/mosquitto.conf" <<EOF
listener $port 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages 0
log_type warning
EOF
exec mosquitto -c "$folder/mosquitto.conf"
