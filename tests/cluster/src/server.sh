# Runs one PostgreSQL server in a new temporary folder until standard input ends, then takes everything away.
#
# usage: sh server.sh BINARIES PORT PARENT_FOLDER [SETTING...]
# Answers `ready FOLDER` on standard output, or what went wrong. Standard input is a pipe whose other end the test
# holds: it ends when the test lets go, panics or is killed, so nothing that ends a test leaves a server behind.
set -u
trap '' HUP INT TERM PIPE
binaries=$1
port=$2
parent=$3
shift 3

folder=$(mktemp -d "$parent/schema-sync-test.XXXXXX") || exit 1
export HOME="$folder"
cd "$folder" || exit 1

start() {
    "$binaries/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N || return 1
    {
        echo "listen_addresses = '127.0.0.1'"
        echo "unix_socket_directories = '$folder'"
        echo "port = $port"
        echo "fsync = off"
        echo "synchronous_commit = off"
        echo "full_page_writes = off"
        for setting in "$@"; do echo "$setting"; done
    } >>"$folder/data/postgresql.conf" || return 1
    "$binaries/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" start
}

if start "$@" >"$folder/start.log" 2>&1 </dev/null; then
    echo "ready $folder"
    cat >/dev/null
else
    cat "$folder/start.log"
    cat "$folder/server.log" 2>/dev/null
fi
"$binaries/pg_ctl" -D "$folder/data" -w -t 30 -m immediate stop >/dev/null 2>&1 </dev/null
cd / && rm -rf "$folder"
