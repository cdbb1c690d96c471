#!/usr/bin/env bash
# Restores a snapshot and runs a real etcd of one member from it, on free ports
# of loopback, until it is told to stop; writes the endpoint to a file once it
# answers.
# Usage: restored.sh PROGRAMS_FOLDER SNAPSHOT DATA_FOLDER ENDPOINT_FILE
set -u
bin=$1
snapshot=$2
data=$3
file=$4
pid=
stop() {
  [ -n "$pid" ] && kill "$pid" 2>/dev/null
  wait
  rm -rf "$data"
  exit
}
trap stop TERM INT EXIT

rm -rf "$data"
"$bin/etcdutl" snapshot restore "$snapshot" --data-dir "$data" >&2 || exit
read -r -a ports < <("${DENO:-deno}" eval '
  const held = Array.from({ length: 2 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  console.log(held.map((one) => one.addr.port).join(" "));
')
client=http://127.0.0.1:${ports[0]} peer=http://127.0.0.1:${ports[1]}
"$bin/etcd" --data-dir "$data" --unsafe-no-fsync --log-level error \
  --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" &
pid=$!
until "$bin/etcdctl" --endpoints "$client" endpoint health >/dev/null 2>&1; do
  kill -0 "$pid" 2>/dev/null || { echo "the member has ended" >&2; exit 1; }
  sleep 0.2
done
echo "$client" >"$file"
wait
