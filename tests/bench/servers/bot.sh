#!/bin/bash
# bot.sh FOLDER PORT ACCOUNTS BROKER_PORT to-topic|to-room QOS : what one does without a gateway: Prosody, and a bot of
# slixmpp and Paho in its room bench-1, which carries lines one way. The bot is in the foreground, Prosody its child.
set -euo pipefail
folder=$1 port=$2 accounts=$3 broker_port=$4 direction=$5 qos=$6
here=$(dirname "$(readlink -f "$0")")
"$here/prosody.sh" "$folder/prosody" "$port" "$((accounts + 1))" &
exec /usr/bin/python3 "$here/bot.py" "$port" "u$((accounts + 1))" "$broker_port" "$direction" "$qos" "$folder/ready"
