#!/usr/bin/env bash
# etcdctl on the etcd of a workload cluster with three control-plane machines,
# through `kubectl port-forward` to each of them and with a certificate of the
# cluster's etcd authority; each command prints what it prints on three members
# of the real etcd, but for ids, names, sizes, addresses and times.
# Usage: etcd.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
here=$root/tests/e2e/etcd

k() { "$kubectl" --kubeconfig "$work/management.kubeconfig" "$@"; }
secret() { k get secret "$1" -o "jsonpath={.data.$2}" | base64 -d; }

# start_cluster NAME: a cluster with three control-plane machines.
start_cluster() {
  sed "s/demo/$1/; s/^  replicas: [13]\$/  replicas: 3/" "$root/manifests/examples/cluster.yaml" >"$work/$1.yaml"
  k apply -f "$work/$1.yaml" && k wait --for=condition=Available "cluster/$1" --timeout=60s &&
    eventually 60 equals 3 k get kcp "$1-control-plane" -o 'jsonpath={.status.readyReplicas}'
}
# write_certificates NAME: a client's certificate, and the cluster's kubeconfig.
write_certificates() {
  local file=$work/$1
  secret "$1-kubeconfig" value >"$file.kubeconfig"
  secret "$1-etcd" 'tls\.crt' >"$file-ca.crt"
  secret "$1-etcd" 'tls\.key' >"$file-ca.key"
  openssl ecparam -name prime256v1 -genkey -noout -out "$file.key" &&
    openssl req -new -key "$file.key" -subj /CN=etcdctl -out "$file.csr" &&
    openssl x509 -req -in "$file.csr" -CA "$file-ca.crt" -CAkey "$file-ca.key" \
      -CAcreateserial -days 1 -out "$file.crt" -extfile <(echo extendedKeyUsage=clientAuth)
}
# forward KUBECTL NAME: a local port for each member, in $endpoints. Not to be run by `ok`, which would lose both.
forward() {
  local pod file
  endpoints=''
  for pod in $("$1" --kubeconfig "$work/$2.kubeconfig" -n kube-system get pods -l component=etcd -o name); do
    file=$work/forward-$(basename "$pod")
    "$1" --kubeconfig "$work/$2.kubeconfig" -n kube-system port-forward "$pod" :2379 >"$file" 2>&1 &
    pids+=($!)
    ok "port-forward with $(basename "$1")" eventually 20 has '^Forwarding from 127' cat "$file"
    endpoints=$endpoints,https://127.0.0.1:$(sed -n 's/Forwarding from 127.0.0.1:\([0-9]*\).*/\1/p' "$file" | head -n 1)
  done
  endpoints=${endpoints#,}
}
# The client's certificate for etcdctl's environment.
etcdctl_with() {
  local file=$work/$1
  shift
  ETCDCTL_CACERT=$file-ca.crt ETCDCTL_CERT=$file.crt ETCDCTL_KEY=$file.key "$@"
}
transcript() { # NAME ENDPOINTS
  mkdir -p "$work/of-$1"
  "$deno" run -A "$here/transcript.ts" "$bin/etcdctl" "$2" "$work/of-$1" "$work/$1.transcript"
}
one_command() { awk -v name="== $2: " '/^== /{on = index($0, name) == 1} on' "$work/$1.transcript"; }
# compare NAME KUBECTL: every command by itself, so that a difference is told with its name.
compare() {
  local name
  while IFS= read -r name; do
    ok "$(basename "$2"): $name" diff -u --label etcd --label capim \
      <(one_command real "$name") <(one_command "$1" "$name")
  done < <(sed -nE 's/^== (.*): [0-9]+$/\1/p' "$work/real.transcript")
}

# Keys whose values are longer than a frame, and some history.
write_keys() {
  local i
  for i in $(seq 8); do
    head -c $((i * 40000)) /dev/zero | tr '\0' "$i" | ask put "/snapshot/$i" || return
  done
  ask del /snapshot/3 && ask put /snapshot/5 five
}
revoke_leases() {
  local lease
  for lease in $(ask lease list | sed -n '2,$p'); do ask lease revoke "$lease" || return; done
}
# grant_lease: with a key that goes with it.
grant_lease() {
  local lease
  lease=$(ask lease grant 3600 | sed -n 's/^lease \([0-9a-f]*\) granted.*/\1/p')
  [ -n "$lease" ] && ask put /snapshot/leased x --lease="$lease"
}
# number NAME COMMAND…: a number of that name in the JSON that the command prints.
number() {
  local name=$1
  shift
  "$@" 2>/dev/null | sed -n "s/.*\"$name\":\([0-9]*\).*/\1/p"
}
hash_of() { number hash ask endpoint hashkv -w json; }
keys_of() { ask get '' --prefix -w json | sed 's/"header":{[^}]*},//'; }
# Its tools write to the file that they read.
utility() { # SNAPSHOT COMMAND…
  cp "$1" "$1.copy" && "$bin/etcdutl" "${@:2}" "$1.copy" -w json
}
# compare_snapshot KUBECTL NAME: the first member is asked.
compare_snapshot() {
  local client=$1 file=$work/of-$2 ask_of=$2 endpoint=${endpoints%%,*} revision hash keys restored
  title=$(basename "$client")
  ask() { etcdctl_with "$ask_of" "$bin/etcdctl" --endpoints "$endpoint" "$@"; }
  ok "$title: keys for a snapshot" write_keys
  # etcdutl cannot hash keys that have a lease: it panics.
  ok "$title: no leases" revoke_leases
  ok "$title: snapshot without leases" ask snapshot save "$file/plain.db"
  revision=$(number revision ask get / -w json)
  hash=$(hash_of)
  ok "$title: etcdutl snapshot status" equals "$revision" number revision utility "$file/plain.db" snapshot status
  ok "$title: etcdutl hashkv" equals "$hash" number hash utility "$file/plain.db" hashkv
  ok "$title: a lease for a snapshot" grant_lease
  ok "$title: snapshot with a lease" ask snapshot save "$file/leased.db"
  hash=$(hash_of)
  keys=$(keys_of)
  "$here/restored.sh" "$bin" "$file/leased.db" "$file/restored" "$file/restored-endpoint" >"$file/restored.err" 2>&1 &
  restored=$!
  pids+=("$restored")
  ok "$title: a real etcd from the snapshot" eventually 30 test -s "$file/restored-endpoint"
  endpoint=$(cat "$file/restored-endpoint")
  ask() { "$bin/etcdctl" --endpoints "$endpoint" "$@"; }
  ok "$title: its hash of history" equals "$hash" hash_of
  ok "$title: its keys" equals "$keys" keys_of
  ok "$title: its lease" has 'attached keys\(\[/snapshot/leased\]\)' \
    ask lease timetolive "$(ask lease list | sed -n 2p)" --keys
  ok "$title: it goes on" ask put /snapshot/leased again
}

"$here/reference.sh" "$bin" "$work/real-data" "$work/real-endpoints" 2>"$work/real.err" &
pids+=($!)
start_up management --cluster-ports "${CLUSTER_PORTS:-26200-26299}"
ok "three real members" eventually 30 test -s "$work/real-endpoints"
ok "commands on etcd" transcript real "$(cat "$work/real-endpoints")"
folder=$(dirname "$(readlink -f "$kubectl")")
for version in 1.28 1.33; do
  client=$folder/kubectl.$version
  if [ ! -x "$client" ]; then
    [ "$version" = 1.33 ] || continue
    client=$kubectl
  fi
  name=by-${version//./-}
  ok "a cluster with three control-plane machines" start_cluster "$name"
  ok "certificates" write_certificates "$name"
  forward "$client" "$name"
  ok "commands through it" etcdctl_with "$name" transcript "$name" "$endpoints"
  compare "$name" "$client"
  compare_snapshot "$client" "$name"
done
finish
