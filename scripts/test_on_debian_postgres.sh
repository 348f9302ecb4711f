#!/usr/bin/env bash
# The same code on a server that is not ours: Debian's PostgreSQL, whose schema owner is no superuser. The walls are counted here, in this one run of them.
set -euo pipefail
cd "$(dirname "$0")/.."
bindir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
if [ -z "$bindir" ]; then
    echo "NOT RUN: no PostgreSQL of Debian's on this machine, so the tests on an outside server could not be made."
    exit 1
fi
folder=$(mktemp -d)
as_server=()
if [ "$(id -u)" = 0 ]; then
    chown nobody "$folder"
    as_server=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
port=$((20000 + RANDOM % 20000))
stop() { "${as_server[@]}" "$bindir/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap stop EXIT
# Nothing has to outlive a power cut, and the application itself wants none of its statements compiled.
quick="-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c jit=off"
"${as_server[@]}" "$bindir/initdb" -D "$folder/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
"${as_server[@]}" "$bindir/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
    -o "-p $port -k $folder -c listen_addresses=127.0.0.1 $quick" start >/dev/null
# The parameter is for the tests alone: they empty their tables without triggers and foreign keys.
psql -q -h 127.0.0.1 -p "$port" -U postgres -d postgres -c "create role crm_owner login createdb createrole nosuperuser" \
    -c "grant set on parameter session_replication_role to crm_owner" -c "create database crm owner crm_owner"
export MINDFULCRM_TEST_DATABASE_URL="postgresql://crm_owner@127.0.0.1:$port/crm"
make walls
make domain-beside-walls
