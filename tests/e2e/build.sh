#!/usr/bin/env bash
# Builds the real programs that end-to-end tests judge capim by, from public
# Go modules, into a folder (default: the user's cache). Needs Go.
# Usage: tests/e2e/build.sh [FOLDER] [PROGRAM…]
# Programs: clusterctl core bootstrap control-plane etcd etcdctl etcdutl kube-apiserver
# kube-controller-manager kubectl h2spec clients; and clusterctl-1.9 core-1.9 bootstrap-1.9
# control-plane-1.9, of the older Cluster API.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/capim-e2e}
shift || true
programs=${*:-clusterctl}
capi=v1.14.2
older=v1.9.5
kubernetes=1.36.3
staging=0.36.3
etcd=v3.6.14
mkdir -p "$out/bin"
export GOFLAGS=-mod=mod CGO_ENABLED=0

# module NAME: a scratch module to build in, made once.
module() {
  local dir=$out/src/$1
  if [ ! -f "$dir/go.mod" ]; then
    mkdir -p "$dir"
    (cd "$dir" && go mod init "capim.test/$1" >/dev/null 2>&1)
  fi
  echo "$dir"
}

build() { # MODULE PACKAGE BINARY [LDFLAGS]
  [ -x "$out/bin/$3" ] || (cd "$(module "$1")" && go build -trimpath -ldflags "-s -w ${4:-}" -o "$out/bin/$3" "$2")
}

cluster_api() {
  local dir
  dir=$(module cluster-api)
  (cd "$dir" && go mod edit -require "sigs.k8s.io/cluster-api@$capi" -require "sigs.k8s.io/cluster-api/api@$capi")
}

older_cluster_api() {
  local dir
  dir=$(module cluster-api-1.9)
  (cd "$dir" && go mod edit -require "sigs.k8s.io/cluster-api@$older")
}

# manager MODULE NAME PACKAGE CONFIG: one of the Cluster API managers and its manifests.
manager() {
  local source
  build "$1" "sigs.k8s.io/cluster-api$3" "$2"
  if [ ! -d "$out/config/$2" ]; then
    source=$(cd "$(module "$1")" && go list -m -f '{{.Dir}}' sigs.k8s.io/cluster-api)
    mkdir -p "$out/config"
    cp -r "$source/$4" "$out/config/$2.partial"
    chmod -R u+w "$out/config/$2.partial"
    mv "$out/config/$2.partial" "$out/config/$2"
  fi
}

kubernetes() {
  local dir
  dir=$(module kubernetes)
  (
    cd "$dir"
    go mod edit -require "k8s.io/kubernetes@v$kubernetes"
    go mod download -json "k8s.io/kubernetes@v$kubernetes" >module.json
    local mod
    mod=$(sed -n 's/.*"GoMod": "\(.*\)".*/\1/p' module.json)
    for name in $(sed -n 's/^[[:space:]]*\(k8s.io\/[a-z-]*\) v0\.0\.0\( .*\)*$/\1/p' "$mod"); do
      go mod edit -replace "$name=$name@v$staging"
    done
  )
}

for program in $programs; do
  case $program in
    clusterctl) cluster_api && build cluster-api sigs.k8s.io/cluster-api/cmd/clusterctl clusterctl ;;
    core) cluster_api && manager cluster-api core /core core/config ;;
    bootstrap) cluster_api && manager cluster-api bootstrap /bootstrap/kubeadm bootstrap/kubeadm/config ;;
    control-plane) cluster_api && manager cluster-api control-plane /controlplane/kubeadm controlplane/kubeadm/config ;;
    clusterctl-1.9) older_cluster_api && build cluster-api-1.9 sigs.k8s.io/cluster-api/cmd/clusterctl clusterctl-1.9 ;;
    core-1.9) older_cluster_api && manager cluster-api-1.9 core-1.9 "" config ;;
    bootstrap-1.9) older_cluster_api && manager cluster-api-1.9 bootstrap-1.9 /bootstrap/kubeadm bootstrap/kubeadm/config ;;
    control-plane-1.9)
      older_cluster_api && manager cluster-api-1.9 control-plane-1.9 /controlplane/kubeadm controlplane/kubeadm/config
      ;;
    etcd)
      dir=$(module etcd)
      (cd "$dir" && go mod edit -require "go.etcd.io/etcd/server/v3@$etcd")
      build etcd go.etcd.io/etcd/server/v3 etcd
      ;;
    etcdctl)
      dir=$(module etcdctl)
      (cd "$dir" && go mod edit -require "go.etcd.io/etcd/etcdctl/v3@$etcd")
      build etcdctl go.etcd.io/etcd/etcdctl/v3 etcdctl
      ;;
    etcdutl)
      dir=$(module etcdutl)
      (cd "$dir" && go mod edit -require "go.etcd.io/etcd/etcdutl/v3@$etcd")
      build etcdutl go.etcd.io/etcd/etcdutl/v3 etcdutl
      ;;
    kube-apiserver | kube-controller-manager | kubectl)
      kubernetes
      version="-X k8s.io/component-base/version.gitVersion=v$kubernetes -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36"
      build kubernetes "k8s.io/kubernetes/cmd/$program" "$program" "$version"
      ;;
    h2spec)
      dir=$(module h2spec)
      (cd "$dir" && go mod edit -require github.com/summerwind/h2spec@v2.2.1+incompatible)
      build h2spec github.com/summerwind/h2spec/cmd/h2spec h2spec
      ;;
    clients)
      # Ours, and so built anew whenever it may have changed.
      (cd "$here/go/clients" && go build -trimpath -ldflags "-s -w" -o "$out/bin/clients" .)
      ;;
    *)
      echo "build.sh: unknown program $program" >&2
      exit 2
      ;;
  esac
done
