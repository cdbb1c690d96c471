#!/usr/bin/env bash
# Makes clusters of every flavour of the clusterctl repository in manifests/
# with the real managers of Cluster API; see ../flavours.ts, which it calls.
# Usage: flavours.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
work=$2
bin=$3
PATH=$PATH:$bin
. "$(dirname "$0")/../servers.sh"
exec "$deno" run -A "$root/tests/e2e/flavours.ts" --bin="$bin" --work="$work"
