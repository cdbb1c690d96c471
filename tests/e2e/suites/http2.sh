#!/usr/bin/env bash
# Whether `capim serve` speaks HTTP/2 and HPACK as their specifications say,
# judged by h2spec. Its cases are written for RFC 7540, whose priorities the
# server refuses where they are wrong, and does not heed otherwise.
# Usage: http2.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
start_serve server --controllers none
port=$(sed -n 's/.*server: "\{0,1\}https:.*:\([0-9]*\).*/\1/p' "$work/server.kubeconfig")
timeout 300 "$bin/h2spec" -h 127.0.0.1 -p "$port" -t -k --path /readyz -o 5 >"$work/h2spec" 2>&1
passed=$(sed -n 's/.* tests, \([0-9]*\) passed.*/\1/p' "$work/h2spec")
failed=$(sed -n 's/.* skipped, \([0-9]*\) failed.*/\1/p' "$work/h2spec")
passed=${passed:-0}
failed=${failed:-1}
if [ "$failed" -gt 0 ]; then
  echo "FAIL what is not as specified"
  sed -n '/^Failures/,$p' "$work/h2spec"
fi
finish
