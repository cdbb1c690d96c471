#!/usr/bin/env bash
# Starts the real kube-apiserver on loopback, for recording: etcd and kube-apiserver as
# tests/e2e/build.sh makes them, RBAC, no controllers. Prints "ready URL kubeconfig=FILE" as
# `capim serve` does and goes on until it is interrupted.
# Usage: tests/kubectl/reference.sh BIN_FOLDER [SCRATCH_FOLDER [PORT]]
set -eu
bin=$1
scratch=${2:-$(mktemp -d)}
port=${3:-16443}
mkdir -p "$scratch"
cd "$scratch"

certificate() { # NAME SUBJECT [EXTENSION]
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" \
    -extfile <(echo "${3:-}") 2>/dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=reference 2>/dev/null
certificate server /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:10.96.0.1"
certificate admin /O=system:masters/CN=kubernetes-admin
openssl genrsa -out sa.key 2048 2>/dev/null

"$bin/etcd" --data-dir etcd --unsafe-no-fsync --log-level error \
  --listen-client-urls "http://127.0.0.1:$((port + 1))" \
  --advertise-client-urls "http://127.0.0.1:$((port + 1))" \
  --listen-peer-urls "http://127.0.0.1:$((port + 2))" \
  --initial-advertise-peer-urls "http://127.0.0.1:$((port + 2))" \
  --initial-cluster "default=http://127.0.0.1:$((port + 2))" >etcd.log 2>&1 &
etcd=$!
"$bin/kube-apiserver" --etcd-servers "http://127.0.0.1:$((port + 1))" --secure-port "$port" \
  --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --endpoint-reconciler-type none \
  --tls-cert-file server.crt --tls-private-key-file server.key --client-ca-file ca.crt \
  --service-account-key-file sa.key --service-account-signing-key-file sa.key \
  --service-account-issuer https://kubernetes.default.svc.cluster.local \
  --authorization-mode RBAC --service-cluster-ip-range 10.96.0.0/12 --cert-dir . >apiserver.log 2>&1 &
apiserver=$!
# kube-apiserver first: without its etcd it does not stop.
trap 'set +e; kill $apiserver; wait $apiserver; kill $etcd; wait $etcd' EXIT
trap 'exit 0' INT TERM

cat >kubeconfig <<YAML
apiVersion: v1
kind: Config
clusters:
- name: capim
  cluster: {certificate-authority: $PWD/ca.crt, server: "https://127.0.0.1:$port"}
users:
- name: kubernetes-admin
  user: {client-certificate: $PWD/admin.crt, client-key: $PWD/admin.key}
contexts:
- name: kubernetes-admin@capim
  context: {cluster: capim, user: kubernetes-admin}
current-context: kubernetes-admin@capim
YAML
until curl -fs --cacert ca.crt --cert admin.crt --key admin.key "https://127.0.0.1:$port/readyz" >ready.log 2>&1; do
  kill -0 $apiserver || { tail -3 apiserver.log >&2; exit 1; }
  sleep 0.2
done
echo "ready https://127.0.0.1:$port kubeconfig=$PWD/kubeconfig"
wait $apiserver
