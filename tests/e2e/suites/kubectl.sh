#!/usr/bin/env bash
# What people do first: `capim up`, an example cluster, scaling it, deleting
# it; every step seen through a real kubectl.
# Usage: kubectl.sh KUBECTL WORK_FOLDER
kubectl=$1
work=$2
bin=
. "$(dirname "$0")/../servers.sh"

k() { "$kubectl" --kubeconfig "$work/management.kubeconfig" "$@"; }
w() { "$kubectl" --kubeconfig "$work/demo.kubeconfig" "$@"; }
columns() { k get "$1" | head -n 1 | sed 's/   */|/g'; }
count() { "$@" --no-headers 2>/dev/null | wc -l; }
all_machines_ready() { [ "$(count k get machines)" = "$1" ] && machines_ready; }
machines_ready() {
  matches 'Running True' k get machines \
    -o 'jsonpath={range .items[*]}{.status.phase} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'
}
nodes_ready() {
  [ "$(count w get nodes)" = "$1" ] || { w get nodes; return 1; }
  matches '[^ ]+ +Ready +(control-plane|<none>) +[0-9a-z]+ +v1\.36\.0' w get nodes --no-headers
}
workload_kubeconfig() {
  capim kubeconfig demo --kubeconfig "$work/management.kubeconfig" >"$work/demo.kubeconfig"
}
# Every object of a Cluster API kind, in all namespaces, but the inventory of providers.
leftovers() {
  local kinds
  kinds=$(k api-resources --verbs=list -o name | grep 'cluster\.x-k8s\.io$' | grep -v '^providers\.' | paste -sd,)
  [ -n "$kinds" ] && k get "$kinds" -A -o name
}
server_of() { grep -o 'https://[^ "]*' "$1" | head -n 1; }
# Lines of the servers' own output that tell of trouble.
troubles() { grep -iE 'error|exception|panic' "$work"/management.err "$work"/management.out || true; }
unreachable() { ! curl -sk -m 5 "$1/livez"; }

start_up management --cluster-ports "${CLUSTER_PORTS:-26000-26099}"

ok "version" has 'Server Version: .*v1\.36\.' k version
ok "api-resources knows the kinds" has '^machinedeployments +md +cluster\.x-k8s\.io/v1beta2 +true +MachineDeployment' k api-resources
ok "explain tells of a kind" has 'replicas' k explain machinedeployment.spec
ok "apply the example" k apply -f "$root/manifests/examples/cluster.yaml"
begin=$SECONDS
ok "4 Machines are Running and Ready" eventually 60 all_machines_ready 4
echo "     after $((SECONDS - begin)) s"
ok "the Cluster becomes Available" k wait --for=condition=Available cluster/demo --timeout=30s
ok "applying again changes nothing" matches '.* unchanged' k apply -f "$root/manifests/examples/cluster.yaml"
ok "diff sees no difference" k diff -f "$root/manifests/examples/cluster.yaml"

ok "columns of clusters" equals 'NAME|CLUSTERCLASS|AVAILABLE|CP DESIRED|CP AVAILABLE|CP UP-TO-DATE|W DESIRED|W AVAILABLE|W UP-TO-DATE|PHASE|AGE|VERSION' columns clusters
ok "row of the cluster" matches 'demo +True +1 +1 +1 +3 +3 +3 +Provisioned +[0-9]+s *' k get clusters --no-headers
ok "columns of control planes" equals 'NAME|CLUSTER|AVAILABLE|DESIRED|CURRENT|READY|AVAILABLE|UP-TO-DATE|INITIALIZED|AGE|VERSION' columns kcp
ok "row of the control plane" matches 'demo-control-plane +demo +True +1 +1 +1 +1 +1 +true +[0-9]+s +v1\.36\.0' k get kcp --no-headers
ok "columns of deployments" equals 'NAME|CLUSTER|AVAILABLE|DESIRED|CURRENT|READY|AVAILABLE|UP-TO-DATE|PHASE|AGE|VERSION' columns md
ok "row of the deployment" matches 'demo-md-0 +demo +True +3 +3 +3 +3 +3 +Running +[0-9]+s +v1\.36\.0' k get md --no-headers
ok "columns of sets" equals 'NAME|CLUSTER|DESIRED|CURRENT|READY|AVAILABLE|UP-TO-DATE|AGE|VERSION' columns ms
ok "row of the set" matches 'demo-md-0-[a-z0-9]{5} +demo +3 +3 +3 +3 +3 +[0-9]+s +v1\.36\.0' k get ms --no-headers
ok "columns of machines" equals 'NAME|CLUSTER|NODE NAME|FAILURE DOMAIN|READY|AVAILABLE|UP-TO-DATE|PHASE|AGE|VERSION' columns machines
ok "rows of the machines" matches '(demo-[^ ]+) +demo +demo-[^ ]+ +True +True +True +Running +[0-9]+s +v1\.36\.0' k get machines --no-headers
ok "several kinds at once" has '^machinedeployment.cluster.x-k8s.io/demo-md-0' k get clusters,kcp,md,ms,machines
ok "describe a machine" has 'Provider ID: +in-memory://' k describe machines
ok "events are told" has 'Machine' k get events -A

ok "capim kubeconfig" workload_kubeconfig
endpoint=$(server_of "$work/demo.kubeconfig")
ok "4 Nodes are Ready" eventually 20 nodes_ready 4
ok "one of them is a control plane" equals 1 bash -c "'$kubectl' --kubeconfig '$work/demo.kubeconfig' get nodes -l node-role.kubernetes.io/control-plane --no-headers | wc -l"
ok "control plane pods run" matches '(etcd|kube-apiserver|kube-controller-manager|kube-scheduler)-demo-control-plane-[a-z0-9]{5} +1/1 +Running +0 +[0-9]+s' \
  w get pods -n kube-system -l tier=control-plane --no-headers
ok "describe a node" has 'Kubelet Version: +v1\.36\.0' w describe nodes
ok "the workload cluster takes objects" w create configmap colours --from-literal=a=red
ok "and gives them back" equals red w get configmap colours -o 'jsonpath={.data.a}'

ok "scale to 5" k scale machinedeployment demo-md-0 --replicas 5
ok "6 Machines are Running and Ready" eventually 60 all_machines_ready 6
ok "6 Nodes are Ready" eventually 20 nodes_ready 6
ok "scale back to 3" k scale machinedeployment demo-md-0 --replicas 3
ok "4 Machines are left" eventually 60 all_machines_ready 4
ok "4 Nodes are left" eventually 20 nodes_ready 4
ok "scale the control plane to 3" k scale kcp demo-control-plane --replicas 3
ok "6 Machines are Running and Ready again" eventually 90 all_machines_ready 6
ok "3 etcd pods run" eventually 20 equals 3 bash -c "'$kubectl' --kubeconfig '$work/demo.kubeconfig' get pods -n kube-system -l component=etcd --no-headers | wc -l"

ok "delete the cluster" k delete cluster demo --timeout=60s
ok "nothing of it is left" eventually 30 equals '' leftovers
ok "no secret is left" equals '' k get secrets -n default -o name
ok "its address is free again" eventually 10 unreachable "$endpoint"
ok "no error was logged" equals '' troubles
finish
