#!/bin/bash
# prosody.sh FOLDER PORT ACCOUNTS : the leanest Prosody that has rooms, in the foreground: no archive, no TLS, no
# limits; accounts u1 to uACCOUNTS with the password "bench", rooms at rooms.localhost.
set -euo pipefail
folder=$1 port=$2 accounts=$3
mkdir -p "$folder/data/localhost/accounts"
for ((i = 1; i <= accounts; ++i)); do
    printf 'return { ["password"] = "bench"; };\n' >"$folder/data/localhost/accounts/u$i.dat"
done
cat >"$folder/prosody.cfg.lua" <<EOF
pidfile = "$folder/prosody.pid"; data_path = "$folder/data"; run_as_root = true; daemonize = false
interfaces = { "127.0.0.1" }; c2s_ports = { $port }; c2s_direct_tls_ports = {}
s2s_ports = {}; component_ports = {}; http_ports = {}; https_ports = {}
network_backend = "epoll"
modules_enabled = { "roster", "saslauth", "disco" }
modules_disabled = { "s2s", "tls", "limits", "offline" }
c2s_require_encryption = false; allow_unencrypted_plain_auth = true
authentication = "internal_plain"; storage = "internal"
log = { warn = "*console" }
VirtualHost "localhost"
Component "rooms.localhost" "muc"
  restrict_room_creation = false
  muc_room_locking = false
EOF
exec prosody --config "$folder/prosody.cfg.lua" -F
