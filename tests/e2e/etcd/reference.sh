#!/usr/bin/env bash
# Runs a real etcd of three members on free ports of loopback until it is told
# to stop; writes the endpoints to a file once it answers.
# Usage: reference.sh PROGRAMS_FOLDER DATA_FOLDER ENDPOINTS_FILE
set -u
bin=$1
data=$2
file=$3
pids=()
stop() {
  [ "${#pids[@]}" -gt 0 ] && kill "${pids[@]}" 2>/dev/null
  wait
  rm -rf "$data"
  exit
}
trap stop TERM INT EXIT

rm -rf "$data"
mkdir -p "$data"
read -r -a ports < <("${DENO:-deno}" eval '
  const held = Array.from({ length: 6 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  console.log(held.map((one) => one.addr.port).join(" "));
')
peers='' endpoints=''
for i in 0 1 2; do
  peers=$peers,real-$i=http://127.0.0.1:${ports[i + 3]}
  endpoints=$endpoints,http://127.0.0.1:${ports[i]}
done
endpoints=${endpoints#,}
for i in 0 1 2; do
  client=http://127.0.0.1:${ports[i]} peer=http://127.0.0.1:${ports[i + 3]}
  "$bin/etcd" --name "real-$i" --data-dir "$data/$i" --unsafe-no-fsync --log-level error \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "${peers#,}" --initial-cluster-state new &
  pids+=($!)
done
running() {
  local pid
  for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null || return 1; done
}
# The cluster settles on the version of its storage a little after it answers.
settled() {
  "$bin/etcdctl" --endpoints "$endpoints" endpoint health >/dev/null 2>&1 &&
    [ "$("$bin/etcdctl" --endpoints "$endpoints" endpoint status 2>/dev/null | grep -c ', 3.6.0, ')" = 3 ]
}
until settled; do
  running || { echo "a member has ended" >&2; exit 1; }
  sleep 0.2
done
echo "$endpoints" >"$file"
wait
