#!/usr/bin/env bash
# Plays flows with the real managers of Cluster API and our provider; see
# ../flows/main.ts, which it calls.
# Usage: flows.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER [OPTION|FLOW…]
work=$2
bin=$3
PATH=$PATH:$bin
. "$(dirname "$0")/../servers.sh"
exec "$deno" run -A "$root/tests/e2e/flows/main.ts" --bin="$bin" --work="$work" "${@:4}"
