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
# What etcd's own tool makes of the snapshot that etcdctl has saved.
snapshot_status() { "$bin/etcdutl" snapshot status "$work/of-$1/snapshot.db" -w json; }

"$here/reference.sh" "$bin" "$work/real-data" "$work/real-endpoints" 2>"$work/real.err" &
pids+=($!)
start_up management --cluster-ports "${CLUSTER_PORTS:-26200-26299}"
ok "three real members" eventually 30 test -s "$work/real-endpoints"
ok "commands on etcd" transcript real "$(cat "$work/real-endpoints")"
folder=$(dirname "$(readlink -f "$kubectl")")
# kubectl before 1.32 stops reading once a client of its port-forward has hung up: so many
# commands do not get through it. Flows ask through 1.28 what fits into one connection each.
for version in 1.33; do
  client=$folder/kubectl.$version
  [ -x "$client" ] || client=$kubectl
  name=by-${version//./-}
  ok "a cluster with three control-plane machines" start_cluster "$name"
  ok "certificates" write_certificates "$name"
  forward "$client" "$name"
  ok "commands through it" etcdctl_with "$name" transcript "$name" "$endpoints"
  compare "$name" "$client"
done
finish
