#!/usr/bin/env bash
# Every attack on a cluster in full, while a client of another cluster of the
# same process is served; see tests/hostile/run.ts, which it calls.
# Usage: hostile.sh
work=$2
. "$(dirname "$0")/../servers.sh"
"$deno" run -A --no-check "$root/tests/hostile/run.ts" | sed 's/^FAILED /FAIL /; s/^ok /PASS /'
exit "${PIPESTATUS[0]}"
