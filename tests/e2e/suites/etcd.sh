#!/usr/bin/env bash
# etcdctl on the etcd of a workload cluster with three control-plane machines,
# through `kubectl port-forward` and with a certificate of the cluster's etcd
# authority; each command prints what it prints on three members of the real
# etcd, but for ids, sizes, addresses and times.
# Usage: etcd.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
base=${ETCD_PORT:-28200}

k() { "$kubectl" --kubeconfig "$work/management.kubeconfig" "$@"; }
w() { "$kubectl" --kubeconfig "$work/demo.kubeconfig" -n kube-system "$@"; }
secret() { k get secret "$1" -o "jsonpath={.data.$2}" | base64 -d; }

# Three members of the real etcd.
start_reference_members() {
  local i peers=
  for i in 0 1 2; do peers="$peers,m-$i=http://127.0.0.1:$((base + 10 + i))"; done
  for i in 0 1 2; do
    "$bin/etcd" --name "m-$i" --data-dir "$work/etcd-$i" --unsafe-no-fsync --log-level error \
      --listen-client-urls "http://127.0.0.1:$((base + i))" \
      --advertise-client-urls "http://127.0.0.1:$((base + i))" \
      --listen-peer-urls "http://127.0.0.1:$((base + 10 + i))" \
      --initial-advertise-peer-urls "http://127.0.0.1:$((base + 10 + i))" \
      --initial-cluster "${peers#,}" 2>"$work/etcd-$i.log" &
    pids+=($!)
  done
}
healthy() { "$bin/etcdctl" --endpoints "http://127.0.0.1:$base" endpoint health; }

# A cluster with three control-plane machines, and a client's certificate.
start_cluster() {
  sed 's/^  replicas: 1$/  replicas: 3/' "$root/manifests/examples/cluster.yaml" >"$work/cluster.yaml"
  k apply -f "$work/cluster.yaml" && k wait --for=condition=Available cluster/demo --timeout=60s &&
    eventually 30 equals 3 k get kcp demo-control-plane -o 'jsonpath={.status.readyReplicas}'
}
write_certificates() {
  secret demo-kubeconfig value >"$work/demo.kubeconfig"
  secret demo-etcd 'tls\.crt' >"$work/ca.crt"
  secret demo-etcd 'tls\.key' >"$work/ca.key"
  openssl ecparam -name prime256v1 -genkey -noout -out "$work/client.key" &&
    openssl req -new -key "$work/client.key" -subj /CN=etcdctl -out "$work/client.csr" &&
    openssl x509 -req -in "$work/client.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" \
      -CAcreateserial -days 1 -out "$work/client.crt" -extfile <(echo extendedKeyUsage=clientAuth)
}
forwarded() { sed -n 's/Forwarding from 127.0.0.1:\([0-9]*\).*/\1/p' "$work/forward" | head -n 1; }
# forward KUBECTL POD: leaves the local port in $port.
forward() {
  "$1" --kubeconfig "$work/demo.kubeconfig" -n kube-system port-forward "$2" :2379 >"$work/forward" 2>&1 &
  pids+=($!)
  ok "port-forward with $(basename "$1")" eventually 20 has '^Forwarding from 127' cat "$work/forward"
  port=$(forwarded)
}

reference() { timeout 30 "$bin/etcdctl" --endpoints "http://127.0.0.1:$base" "$@"; }
ours() {
  timeout 30 "$bin/etcdctl" --endpoints "https://localhost:$port" --cacert "$work/ca.crt" \
    --cert "$work/client.crt" --key "$work/client.key" "$@"
}

# What no two etcds have in common. Logs of the client library go; errors stay.
normalise() {
  grep -v '^{"level"' | sed -E \
    -e 's/took = [0-9.]+(µs|ms|s)/took = <time>/; s/took [0-9.]+(µs|ms|s)/took <time>/' \
    -e 's# +([0-9a-f]{7,16})\b# \1#g; s#https?://(localhost|127\.0\.0\.1):[0-9]+#<endpoint>#g; s#https?://[a-z0-9.-]+:[0-9]+#<url>#g' \
    -e 's/<endpoint>/<url>/g; s/(demo-control-plane-[a-z0-9]{5}|\bm-[0-9])\b/<member>/g' \
    -e 's/^"(ClusterID|MemberID|RaftTerm|Revision)" : [0-9]+/"\1" : <n>/' \
    -e 's/\b[0-9a-f]{7,16}\b/<id>/g; s/\b3\.6\.[0-9]+\b/<version>/g' \
    -e 's/"(cluster_id|member_id|raft_term|revision|create_revision|mod_revision|lease)":[0-9]+/"\1":<n>/g' \
    -e 's/^(ETCD_INITIAL_CLUSTER)=.*/\1=<members>/' \
    -e 's/, [0-9]+, ([0-9]+)$/, <hash>, \1/; s#'"$work"'#<work>#g' |
    if [ "$sorted" = yes ]; then sort; else cat; fi
}

# Lists of members are in the order of their ids.
sorted=no
# same [-i INPUT] NAME ARGUMENTS…: the command prints the same on both.
same() {
  local input=
  [ "$1" = -i ] && input=$2 && shift 2
  local name=$1
  shift
  sorted=no
  [ "$1 ${2:-}" = "member list" ] && sorted=yes
  printf '%b' "$input" | reference "$@" 2>&1 | normalise >"$work/expected"
  printf '%b' "$input" | ours "$@" 2>&1 | normalise >"$work/got"
  ok "$name" diff -u --label etcd --label capim "$work/expected" "$work/got"
}

# Keys begin with the client's name, so that one client finds what another left.
commands() {
  local p=$1
  same "$p: member list" member list
  same "$p: put" put "$p/a" 1
  same "$p: put --prev-kv" put "$p/a" 2 --prev-kv
  same "$p: get" get "$p/a"
  same "$p: get --print-value-only" get "$p/a" --print-value-only
  same "$p: get of nothing" get "$p/nothing"
  same "$p: put more" put "$p/b" 3
  same "$p: get --prefix --keys-only" get "$p/" --prefix --keys-only
  same "$p: get --prefix --limit --order" get "$p/" --prefix --limit 1 --order DESCEND
  same "$p: get --count-only" get "$p/" --prefix --count-only --write-out fields
  same "$p: get of a range" get "$p/a" "$p/c" --sort-by MODIFY
  same "$p: get --rev in the future" get "$p/a" --rev 999999
  same -i "value(\"$p/b\") = \"3\"\n\nput $p/c 4\nget $p/b\n\nput $p/c 5\n\n" "$p: txn that holds" txn
  same -i "version(\"$p/b\") > \"7\"\n\nput $p/c 6\n\nget $p/c\ndel $p/b\n\n" "$p: txn that does not hold" txn
  same "$p: del --prev-kv" del "$p/a" --prev-kv
  same "$p: del of nothing" del "$p/a"
  same "$p: put with a lease that is none" put "$p/x" 1 --lease 123456789abcdef0
  same "$p: lease list" lease list
  same "$p: lease revoke of none" lease revoke 123456789abcdef0
  same "$p: lease timetolive of none" lease timetolive 123456789abcdef0
  same "$p: lease grant" lease grant 100
  same "$p: alarm list" alarm list
  same "$p: alarm disarm" alarm disarm
  same "$p: endpoint health" endpoint health
  same "$p: defrag" defrag
  same "$p: snapshot save" snapshot save "$work/$p.snapshot"
  same "$p: member remove of none" member remove 123456789abcdef0
  same "$p: member promote of none" member promote 123456789abcdef0
  same "$p: member update of none" member update 123456789abcdef0 --peer-urls http://127.0.0.1:1
  same "$p: compaction in the future" compaction 999999
  same "$p: downgrade validate" downgrade validate 3.5
  same "$p: downgrade validate too far" downgrade validate 3.4
  same "$p: downgrade validate of none" downgrade validate abc
  same "$p: downgrade cancel" downgrade cancel
  same "$p: get --rev of long ago" get "$p/a" --rev 1
}

# A member joins as a learner, is told not to be ready, and leaves.
learner() {
  same "$1: member add --learner" member add late --learner --peer-urls "http://127.0.0.1:$((base + 20))"
  same "$1: member list with it" member list
  local of ids=
  for of in reference ours; do ids="$ids $($of member list | sed -n 's/^\([0-9a-f]*\), unstarted.*/\1/p')"; done
  # shellcheck disable=SC2086
  set -- "$1" $ids
  reference member promote "$2" 2>&1 | normalise >"$work/expected"
  ours member promote "$3" 2>&1 | normalise >"$work/got"
  ok "$1: member promote" diff -u "$work/expected" "$work/got"
  reference member remove "$2" 2>&1 | normalise >"$work/expected"
  ours member remove "$3" 2>&1 | normalise >"$work/got"
  ok "$1: member remove" diff -u "$work/expected" "$work/got"
}

watching() { # A watch sees what is written after it began.
  ours watch "$1/w" >"$work/watched" 2>/dev/null &
  local watcher=$!
  sleep 1
  ours put "$1/w" seen >/dev/null
  ours del "$1/w" >/dev/null
  eventually 10 has '^DELETE$' cat "$work/watched"
  local status=$?
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  [ "$status" -eq 0 ] && equals "$(printf 'PUT\n%s\nseen\nDELETE\n%s\n' "$1/w" "$1/w")" sed '/^$/d' "$work/watched"
}

leases() { # What hangs on a lease goes with it.
  local lease
  lease=$(ours lease grant 60 | awk '{print $2}')
  ours put "$1/leased" 1 --lease "$lease" && has '^1$' ours get "$1/leased" --print-value-only &&
    has "already attached|attached keys|remaining" ours lease timetolive "$lease" --keys &&
    ours lease revoke "$lease" && equals '' ours get "$1/leased"
}

start_reference_members
start_up management --cluster-ports "${CLUSTER_PORTS:-26200-26299}"
ok "a cluster with three control-plane machines" start_cluster
ok "certificates" write_certificates
ok "three real members" eventually 30 healthy
folder=$(dirname "$(readlink -f "$kubectl")")
for version in 1.28 1.33; do
  client=$folder/kubectl.$version
  [ -x "$client" ] || client=$kubectl
  pod=$(w get pods -l component=etcd -o name | head -n 1)
  forward "$client" "$pod"
  commands "kubectl-$version"
  learner "kubectl-$version"
  ok "kubectl-$version: watch" watching "kubectl-$version"
  ok "kubectl-$version: leases" leases "kubectl-$version"
done
finish
