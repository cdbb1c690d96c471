#!/usr/bin/env bash
# Runs the real etcd and kube-apiserver on loopback until it is told to stop;
# writes the administrator's kubeconfig once the server is ready. With
# REFERENCE_CONTROLLERS also the real controllers of that name, such as
# garbage-collector-controller.
# Usage: reference.sh PROGRAMS_FOLDER DATA_FOLDER KUBECONFIG
set -u
bin=$1
data=$2
kubeconfig=$3
here=$(cd "$(dirname "$0")" && pwd)
deno=${DENO:-deno}
port=${REFERENCE_PORT:-27443}
etcd_port=${REFERENCE_ETCD_PORT:-27379}
controllers=${REFERENCE_CONTROLLERS:-}
etcd=
server=
manager=

# kube-apiserver first: with etcd gone it would not listen to the signal.
stop() {
  [ -n "$manager" ] && kill "$manager" 2>/dev/null && wait "$manager"
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server"
  [ -n "$etcd" ] && kill "$etcd" 2>/dev/null && wait "$etcd"
  rm -rf "$data"
  exit 0
}
trap stop TERM INT

rm -rf "$data"
mkdir -p "$data"
"$deno" run -A "$here/certificates.ts" "$data" "$port" "$data/kubeconfig" || exit 1
"$bin/etcd" --data-dir "$data/etcd" --unsafe-no-fsync --log-level error \
  --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
  --listen-peer-urls "http://127.0.0.1:0" &
etcd=$!
"$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd_port" \
  --secure-port "$port" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 \
  --tls-cert-file "$data/tls.crt" --tls-private-key-file "$data/tls.key" --client-ca-file "$data/ca.crt" \
  --service-account-key-file "$data/sa.pub" --service-account-signing-key-file "$data/sa.key" \
  --service-account-issuer https://kubernetes.default.svc.cluster.local \
  --authorization-mode RBAC --service-cluster-ip-range 10.96.0.0/12 --cert-dir "$data" \
  --endpoint-reconciler-type none 2>"$data/kube-apiserver.log" &
server=$!
for _ in $(seq 300); do
  if ! kill -0 "$server" 2>/dev/null; then
    tail -n 20 "$data/kube-apiserver.log" >&2
    stop
  fi
  if curl -s -o /dev/null --fail -m 2 --cacert "$data/ca.crt" "https://127.0.0.1:$port/readyz"; then
    if [ -n "$controllers" ]; then
      "$bin/kube-controller-manager" --kubeconfig "$data/kubeconfig" --controllers "$controllers" \
        --bind-address 127.0.0.1 --secure-port 0 --leader-elect=false --cert-dir "$data" \
        2>"$data/kube-controller-manager.log" &
      manager=$!
    fi
    cp "$data/kubeconfig" "$kubeconfig"
    echo "ready https://127.0.0.1:$port kubeconfig=$kubeconfig"
    wait "$server"
    stop
  fi
  sleep 0.1
done
echo "kube-apiserver does not become ready" >&2
stop
