#!/usr/bin/env bash
# ClusterClasses with patches: what the real topology controller and the real
# webhooks on a kube-apiserver make of them, and what `capim up` does. The
# objects of a Cluster, the refusals, and the conditions of Clusters whose
# patches cannot be carried out must be the same.
# Usage: classes.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
. "$root/tests/e2e/real_managers.sh"
cases=$root/tests/e2e/classes

lines() { grep -v '^#' "$cases/$1.txt"; }
apply() { k apply --server-side -f "$root/tests/capi/$1.yaml"; }
condition() { # CLUSTER
  k get cluster "$1" -o 'jsonpath={range .status.conditions[?(@.type=="TopologyReconciled")]}{.status} {.reason} {.message}{end}'
}
class_is_read() { [ -n "$(k get clusterclass "$1" -o 'jsonpath={.status.observedGeneration}')" ]; }
planned() { # CLUSTER
  k get inmemoryclusters,kubeadmcontrolplanes,inmemorymachinetemplates,kubeadmconfigtemplates,machinedeployments,machinehealthchecks \
    -n default -o json | "$deno" run -A "$cases/planned.ts" "$1"
}
# Whether there is all that a Cluster asks for, and it owns it.
all_planned() { # CLUSTER MACHINE_DEPLOYMENTS
  planned "$1" >"$work/$server.$1" && [ "$(grep -c '^ "kind": "MachineDeployment"' "$work/$server.$1")" = "$2" ] &&
    ! grep -q '^ "owners": \[\]' "$work/$server.$1"
}
# A Cluster of the class that comes with the provider, as its template has it.
apply_release() {
  local folder
  folder=$(echo "$root"/manifests/infrastructure-in-memory/v*)
  k apply -n default -f "$folder/clusterclass-in-memory-quick-start.yaml" &&
    eventually 20 class_is_read in-memory-quick-start &&
    sed -E 's/\$\{CLUSTER_NAME\}/released/; s/\$\{NAMESPACE\}/default/; s/\$\{KUBERNETES_VERSION\}/v1.36.0/; s/\$\{[A-Z_]+:=([^}]*)\}/\1/' \
      "$folder/cluster-template-in-memory-development.yaml" | k apply -f -
}
# What kubectl says to each change of an object, without the name of the webhook.
refusals() { # RESOURCE NAME FILE
  local change
  while read -r change; do
    echo "$change"
    k patch "$1" "$2" --type json --dry-run=server -p "$change" 2>&1 | sed -E 's/admission webhook "[^"]*" denied the request: //'
  done < <(lines "$3")
}
# A class and a Cluster for each patch that cannot be carried out.
apply_broken() {
  local i=0 line what
  k get clusterclass patched -o json >"$work/class.json" || return 1
  while read -r line; do
    i=$((i + 1))
    "$deno" run -A "$cases/broken.ts" "broken-$i" "$line" <"$work/class.json" >"$work/broken.json" || return 1
    k create -f "$work/broken.json" || return 1
    eventually 20 class_is_read "broken-$i" || return 1
    sed -e "s/^  name: patched$/  name: broken-$i/; s/classRef: { name: patched }/classRef: { name: broken-$i }/" \
      "$root/tests/capi/patched_cluster.yaml" | k create -f - || return 1
  done < <(lines broken)
}
# What their conditions say; nothing when one says nothing yet.
broken_conditions() {
  local i=0 line
  while read -r line; do
    i=$((i + 1))
    line=$(condition "broken-$i")
    [[ $line = 'False ReconcileFailed'* ]] || { echo "broken-$i: $line"; return 1; }
    sed "s/broken-$i/broken/g" <<<"$line"
  done < <(lines broken)
}
broken_are_told() { broken_conditions >"$work/$server.broken"; }

try() { # SERVER
  server=$1
  failed_before=$failed
  step "$server: the class is taken" eventually 20 apply patched_class
  step "$server: it is read" eventually 20 class_is_read patched
  step "$server: a Cluster of it is taken" apply patched_cluster
  step "$server: its objects are made" eventually 60 all_planned patched 3
  step "$server: a Cluster of the class of the release is taken" apply_release
  step "$server: its objects are made, too" eventually 60 all_planned released 1
  refusals clusterclass patched refused >"$work/$server.refused"
  refusals cluster patched refused_clusters >"$work/$server.refused_clusters"
  step "$server: classes that break are taken" apply_broken
  step "$server: their Clusters say so" eventually 60 broken_are_told
  k get cluster patched -o 'jsonpath={.spec.topology}' >"$work/$server.topology"
}

ok "manifests are rendered" render
server=reference
start_reference reference
ok "definitions are applied" apply_all definitions
ok "definitions of a provider are applied" apply_provider
ok "they are established" eventually 30 established
start_managers
for part in $parts; do ok "$part becomes ready" eventually 60 ready "$part"; done
ok "webhook configurations are applied" apply_all webhooks
try reference
stop_all
start_up capim --cluster-ports "${CLUSTER_PORTS:-26200-26299}"
try capim
alike() { diff -u --label 'the real ones' --label capim "$work/reference.$1" "$work/capim.$1"; }
ok "the objects of a topology with patches are alike" alike patched
ok "the objects of the class of the release are alike" alike released
ok "the topology with its defaults is alike" alike topology
ok "refusals of classes are alike" alike refused
ok "refusals of Clusters are alike" alike refused_clusters
ok "patches that cannot be carried out are told alike" alike broken
finish
