#!/bin/bash
# ejabberd.sh FOLDER PORT ACCOUNTS : the leanest ejabberd that has rooms, in the foreground: no archive, no TLS, no
# shapers; accounts u1 to uACCOUNTS with the password "bench", rooms at rooms.localhost.
# Without its ejabberdctl, which insists on a user and a folder of its own, and without Erlang's distribution: the node
# has no name, so that no epmd is started, which would outlive it. One scheduler, for it has one core, which does not
# spin while it waits: that would count as work.
set -euo pipefail
folder=$1 port=$2 accounts=$3
mkdir -p "$folder"
cat >"$folder/ejabberd.yml" <<EOF
hosts: [localhost]
loglevel: warning
auth_password_format: plain
max_fsm_queue: 1000000
shaper_rules: {max_user_sessions: infinity, c2s_shaper: none}
listen:
  - {port: $port, ip: "127.0.0.1", module: ejabberd_c2s, access: all, shaper: none, backlog: 4096, max_stanza_size: infinity}
modules:
  mod_disco: {}
  mod_muc:
    host: rooms.localhost
    access: all
    access_create: all
    max_users: 5000
    max_user_conferences: 1000
    room_shaper: none
    min_message_interval: 0
    min_presence_interval: 0
    default_room_options: {mam: false, logging: false, max_users: 5000}
EOF
export HOME=$folder EJABBERD_CONFIG_PATH=$folder/ejabberd.yml EJABBERD_LOG_PATH=$folder/ejabberd.log
export ERL_CRASH_DUMP_SECONDS=0
ERL_LIBS=$(echo /usr/lib/*-linux-gnu)
export ERL_LIBS
exec erl -noinput +S 1 +sbwt none +sbwtdcpu none +sbwtdio none +P 1000000 -mnesia dir "\"$folder/database\"" -eval "
    application:load(ejabberd),
    {ok, _} = application:ensure_all_started(ejabberd),
    [ejabberd_auth:try_register(<<\"u\", (integer_to_binary(I))/binary>>, <<\"localhost\">>, <<\"bench\">>)
     || I <- lists:seq(1, $accounts)],
    file:write_file(\"$folder/ready\", <<>>)."
