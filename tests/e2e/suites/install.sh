#!/usr/bin/env bash
# The real clusterctl installs the provider and Cluster API from repositories
# on disk into a real kube-apiserver and into `capim serve`: init, upgrade plan,
# upgrade apply, delete. Nothing of it runs there: what is looked at is what
# clusterctl says of the components and what the servers make of them.
# Usage: install.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
export CLUSTERCTL_DISABLE_VERSIONCHECK=true XDG_CONFIG_HOME=$work
export REFERENCE_CONTROLLERS=garbage-collector-controller,namespace-controller
repository=$work/repository
capi=v1.14.2
cert_manager=v1.19.0
series=infrastructure-in-memory
released=$(basename "$root/manifests/$series"/v*)

# Cluster API's own providers, from the manifests that their programs come with.
core_repository() { # CONFIG LABEL FILE
  local folder=$repository/$2/$capi
  mkdir -p "$folder"
  "$kubectl" kustomize "$bin/../config/$1/default" >"$folder/$3"
  cat >"$folder/metadata.yaml" <<END
apiVersion: clusterctl.cluster.x-k8s.io/v1alpha3
kind: Metadata
releaseSeries:
  - major: 1
    minor: 14
    contract: v1beta2
END
}

definition() { # KIND PLURAL
  cat <<END
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: $2.cert-manager.io
spec:
  group: cert-manager.io
  names: { kind: $1, plural: $2 }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true }
END
}

# As much of cert-manager as clusterctl asks for.
cert_manager_repository() {
  local folder=$repository/cert-manager/$cert_manager
  mkdir -p "$folder"
  {
    printf 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: cert-manager\n'
    definition Issuer issuers
    definition Certificate certificates
  } >"$folder/cert-manager.yaml"
}

repositories() {
  core_repository core cluster-api core-components.yaml &&
    core_repository bootstrap bootstrap-kubeadm bootstrap-components.yaml &&
    core_repository control-plane control-plane-kubeadm control-plane-components.yaml &&
    cert_manager_repository &&
    cp -r "$root/manifests/$series" "$repository/" || return 1
  local file=infrastructure-components.yaml
  cat >"$work/clusterctl.yaml" <<END
providers:
  - { name: cluster-api, type: CoreProvider, url: $repository/cluster-api/$capi/core-components.yaml }
  - { name: kubeadm, type: BootstrapProvider, url: $repository/bootstrap-kubeadm/$capi/bootstrap-components.yaml }
  - { name: kubeadm, type: ControlPlaneProvider, url: $repository/control-plane-kubeadm/$capi/control-plane-components.yaml }
  - { name: in-memory, type: InfrastructureProvider, url: $repository/$series/latest/$file }
cert-manager:
  url: $repository/cert-manager/$cert_manager/cert-manager.yaml
  version: $cert_manager
END
}

# The release after the one that there is, of the same content.
next_release() {
  next=${released%.*}.$((${released##*.} + 1))
  cp -r "$repository/$series/$released" "$repository/$series/$next"
}

clusterctl() { "$bin/clusterctl" "$@" --config "$work/clusterctl.yaml" --kubeconfig "$work/$server.kubeconfig"; }
k() { "$kubectl" --kubeconfig "$work/$server.kubeconfig" "$@"; }
providers() { k get providers -A -o 'jsonpath={range .items[*]}{.metadata.name} {.version}{"\n"}{end}' | sort; }
unlabelled() {
  k get deployments,services,serviceaccounts,roles,rolebindings,issuers,certificates -n capim-system \
    -l "!cluster.x-k8s.io/provider" -o name | grep -v 'serviceaccount/default' || true
}
our_definitions() { k get crds -l cluster.x-k8s.io/provider=infrastructure-in-memory -o name; }
warnings() { grep -iE 'warning|deprecat' "$work/$server.init" || true; }

story() {
  server=$1
  clusterctl init --core "cluster-api:$capi" --bootstrap "kubeadm:$capi" --control-plane "kubeadm:$capi" \
    --infrastructure "in-memory:$released" >"$work/$server.init" 2>&1
  ok "$server: init" has 'has been initialized successfully' cat "$work/$server.init"
  ok "$server: without warnings" equals '' warnings
  ok "$server: the providers are known" equals "bootstrap-kubeadm $capi
cluster-api $capi
control-plane-kubeadm $capi
infrastructure-in-memory $released" providers
  ok "$server: definitions are established" k wait --for=condition=Established crd --all --timeout=30s
  ok "$server: all components are labelled" equals '' unlabelled
  ok "$server: upgrade plan knows of no newer one" has 'already up to date' clusterctl upgrade plan
  ok "$server: a cluster can be generated" has 'kind: DevCluster' \
    clusterctl generate cluster one --flavor development --kubernetes-version v1.36.0
  next_release
  ok "$server: upgrade plan finds the next release" has "infrastructure-in-memory +capim-system +InfrastructureProvider +$released +$next" \
    clusterctl upgrade plan
  ok "$server: upgrade apply" clusterctl upgrade apply --contract v1beta2
  ok "$server: the next release is known" has "infrastructure-in-memory $next" providers
  ok "$server: delete" clusterctl delete --infrastructure in-memory
  ok "$server: leaves the definitions" matches '.*' our_definitions
  ok "$server: init of the provider alone" clusterctl init --infrastructure "in-memory:$released"
  ok "$server: delete with namespace and definitions" \
    clusterctl delete --infrastructure in-memory --include-crd --include-namespace
  ok "$server: leaves none" eventually 20 equals '' our_definitions
  ok "$server: nor the namespace" eventually 20 equals '' k get namespace capim-system --ignore-not-found -o name
  ok "$server: delete the others" clusterctl delete --all
  ok "$server: no provider is known" equals '' providers
  rm -rf "${repository:?}/$series/$next"
}

ok "repositories are laid out" repositories
start_reference reference
story reference
start_serve capim
story capim
finish
