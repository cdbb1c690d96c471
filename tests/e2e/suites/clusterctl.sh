#!/usr/bin/env bash
# The real clusterctl against `capim up`: it finds the cluster's kubeconfig and
# draws the whole tree of its objects, generates clusters of every flavour from
# the repository in manifests/, and moves one to another management cluster.
# Usage: clusterctl.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
export CLUSTERCTL_DISABLE_VERSIONCHECK=true XDG_CONFIG_HOME=$work

k() { "$kubectl" --kubeconfig "$work/management.kubeconfig" "$@"; }
clusterctl() {
  local command="$1 $2"
  shift 2
  # shellcheck disable=SC2086
  "$bin/clusterctl" $command --kubeconfig "$work/management.kubeconfig" "$@"
}
fetch_kubeconfig() { clusterctl get kubeconfig demo >"$work/demo.kubeconfig"; }
tree() { clusterctl describe cluster demo "$@" | sed 's/ *$//'; }
fully_drawn() {
  tree >"$work/tree" || return 1
  local line
  for line in \
    '^Cluster default/demo +4/4 +4 +4 +4 +True +Available' \
    '^├─InMemoryCluster default/demo +True +Provisioned' \
    '^├─KubeadmControlPlane default/demo-control-plane, v1\.36\.0 +1/1 +1 +1 +1 +True +Available' \
    '^│ └─Machine default/demo-control-plane-[a-z0-9]{5}, v1\.36\.0 +1 +1 +1 +1 +True +Ready' \
    '^└─Workers' \
    '^  └─MachineDeployment default/demo-md-0, v1\.36\.0 +3/3 +3 +3 +3 +True +Available' \
    '^    └─3 Machines\.\.\. +3 +3 +3 +True +Ready'; do
    grep -Eq -- "$line" "$work/tree" || { echo "no line $line in:"; cat "$work/tree"; return 1; }
  done
}
# Conditions whose state is the wrong one for their kind.
bad_conditions() {
  tree --show-conditions all --grouping=false --echo >"$work/conditions" || return 1
  grep -E '├─|└─' "$work/conditions" | grep -E ' (False|Unknown) ' |
    grep -Ev '(RollingOut|Remediating|ScalingDown|ScalingUp|Paused|Deleting|Updating) +False' || true
}

# What clusterctl makes of a flavour, without the time that its machines take.
generate() { # NAME [FLAGS…]
  local name=$1
  shift
  clusterctl generate cluster "$name" --config "$work/clusterctl.yaml" --infrastructure in-memory --kubernetes-version v1.36.0 \
    --control-plane-machine-count 1 --worker-machine-count 1 --target-namespace default "$@" |
    sed 's/startupDuration: .*/startupDuration: 0s/'
}
move() {
  "$bin/clusterctl" move --kubeconfig "$work/management.kubeconfig" --to-kubeconfig "$work/target.kubeconfig" -n default
}
in_target() { "$kubectl" --kubeconfig "$work/target.kubeconfig" "$@"; }
# What a machine is known by: these must not change.
identities() { "$@" get machines -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.providerID} {.status.nodeRef.name}{"\n"}{end}' | sort; }
no_clusters() { [ -z "$(k get clusters,machines,devclusters,devmachines,secrets -n default -o name)" ]; }

start_up management --cluster-ports "${CLUSTER_PORTS:-26000-26099}"
ok "apply the example" k apply -f "$root/manifests/examples/cluster.yaml"
ok "the Cluster becomes Available" k wait --for=condition=Available cluster/demo --timeout=60s
ok "get kubeconfig" fetch_kubeconfig
ok "it leads to 4 Nodes" eventually 20 equals 4 bash -c "'$kubectl' --kubeconfig '$work/demo.kubeconfig' get nodes --no-headers | wc -l"
ok "describe cluster draws the whole tree" eventually 20 fully_drawn
ok "describe cluster shows only good conditions" eventually 20 equals '' bad_conditions
ok "describe cluster --show-machinesets" has 'MachineSet default/demo-md-0-' tree --show-machinesets
ok "describe cluster --show-templates" has 'InMemoryMachineTemplate default/demo-control-plane' tree --show-templates
ok "describe cluster --show-resourcesets" has '^Cluster default/demo' tree --show-resourcesets
ok "delete the cluster" k delete cluster demo --timeout=60s

cat >"$work/clusterctl.yaml" <<END
providers:
  - name: in-memory
    url: $(echo "$root"/manifests/infrastructure-in-memory/v*)/infrastructure-components.yaml
    type: InfrastructureProvider
END
ok "generate provider" has 'name: capim-controller-manager' "$bin/clusterctl" generate provider --config "$work/clusterctl.yaml" --infrastructure in-memory
ok "generate cluster" has 'kind: InMemoryCluster' generate plain
ok "generate cluster from a ClusterClass" has 'name: in-memory-quick-start-cluster' generate classy --flavor in-memory-development
ok "generate cluster of the other generation from a ClusterClass" has 'kind: DevClusterTemplate' generate classy --flavor in-memory
generate moved --flavor development >"$work/moved.yaml"
ok "generate cluster of the other generation" has 'kind: DevCluster' cat "$work/moved.yaml"
ok "it is taken" k apply -f "$work/moved.yaml"
ok "it becomes Available" k wait --for=condition=Available cluster/moved --timeout=60s
ok "its machines have Nodes" matches '.+ in-memory://.+ .+' identities k
identities k >"$work/before"
start_up target --cluster-ports "${TARGET_PORTS:-26100-26199}"
ok "move to another management cluster" move
ok "nothing is left behind" eventually 20 no_clusters
ok "it is Available there" in_target wait --for=condition=Available cluster/moved --timeout=60s
ok "with the same machines" equals "$(cat "$work/before")" identities in_target
ok "delete it there" in_target delete cluster moved --timeout=60s
finish
