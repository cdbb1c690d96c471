#!/usr/bin/env bash
# The real Cluster API managers (core, kubeadm bootstrap, kubeadm control
# plane) with a real kube-apiserver, and with `capim serve`, as their
# management cluster. Their webhooks are called at loopback addresses. A
# cluster is made whose infrastructure nobody provides; the suite says what a
# provider would. The managers must come as far, and complain of no more, on
# capim as on the real server.
# Usage: managers.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
. "$root/tests/e2e/real_managers.sh"

value() { k get "$1" -o "jsonpath=$2"; } # OBJECT PATH
exists() { [ -n "$(k get "$@" -o name)" ]; }
count_is() { # NUMBER RESOURCE…
  local number=$1
  shift
  [ "$(k get "$@" -o name | wc -l)" = "$number" ] || { k get "$@"; return 1; }
}
gone() { [ -z "$(k get clusters,machines,machinesets,machinedeployments,kubeadmcontrolplanes,kubeadmconfigs -A -o name)" ]; }
provide_cluster() {
  k patch inmemorycluster demo --type merge -p '{"spec":{"controlPlaneEndpoint":{"host":"127.0.0.1","port":9}}}' &&
    k patch inmemorycluster demo --subresource status --type merge -p '{"status":{"initialization":{"provisioned":true}}}'
}
provide_machines() {
  local name
  for name in $(k get inmemorymachines -o 'jsonpath={.items[*].metadata.name}'); do
    k patch inmemorymachine "$name" --type merge -p "{\"spec\":{\"providerID\":\"in-memory://$name\"}}" &&
      k patch inmemorymachine "$name" --subresource status --type merge -p '{"status":{"initialization":{"provisioned":true}}}' || return 1
  done
}
# Every object of the cluster, its owners and conditions, with the parts of names that are by chance blotted out.
state() {
  k get clusters,machinedeployments,machinesets,machines,kubeadmcontrolplanes,kubeadmconfigs,kubeadmconfigtemplates,inmemoryclusters,inmemorymachines,inmemorymachinetemplates,secrets \
    -n default -o 'go-template={{range .items}}{{.kind}} {{.metadata.name}}
{{range .metadata.finalizers}}  finalizer {{.}}
{{end}}{{range .metadata.ownerReferences}}  owner {{.kind}} {{.name}} {{.controller}}
{{end}}{{range $k, $v := .metadata.labels}}  label {{$k}}={{$v}}
{{end}}{{range $k, $v := .metadata.annotations}}  annotation {{$k}}
{{end}}{{range $k, $v := .data}}  data {{$k}}
{{end}}{{if .status}}{{with .status.phase}}  phase {{.}}
{{end}}{{range .status.conditions}}  {{.type}}={{.status}} {{.reason}} {{.message}}
{{end}}{{end}}{{end}}' | blot
}
# Whether nothing has changed for two seconds.
at_rest() {
  state >"$work/$server.state"
  sleep 2
  state >"$work/$server.later" && cmp "$work/$server.state" "$work/$server.later"
}
blot() {
  sed -E 's/demo-md-0-[a-z0-9]{5}-[a-z0-9]{5}/demo-md-0-SET-MACHINE/g; s/demo-md-0-[a-z0-9]{5}/demo-md-0-SET/g
    s/demo-control-plane-[a-z0-9]{5}/demo-control-plane-MACHINE/g; s/(machine-template-hash)=.*/\1=HASH/; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UID/g
    s/machine-set-name=demo.*/machine-set-name=SET/; s/kubernetes.io\/revision.*/REVISION/'
}
# Complaints of the managers, each once.
complaints() {
  cat "$work/$1".*.log | grep -E '^(E[0-9]{4} |panic|W[0-9]{4} )' |
    sed -E 's/^([EW])[0-9]{4} [0-9:.]+ +[0-9]+ [^]]*\] /\1 /; s/(reconcileID|resourceVersion|uid|name|Node|Machine|MachineSet|ns|key|controlPlane|infraMachine|cluster|[A-Za-z]+)="?\{?[^" ]*"?/\1=X/g' |
    blot | sort -u
}
# What only time decides: a reconciler that is ahead of its own cache, a write
# that came second, and nobody listening at the address of the cluster.
by_chance='Cluster default/demo: Cluster[^ ]* [^ ]*demo[^ ]* not found|the object has been modified|connection refused|connection to the workload cluster is down|context canceled|kubeconfig secret: Secret'
new_complaints() { comm -13 "$work/reference.complaints" "$work/capim.complaints" | grep -Ev "$by_chance" || true; }

try() { # SERVER: the whole story there.
  server=$1
  failed_before=$failed
  step "$server: definitions are applied" apply_all definitions
  step "$server: definitions of a provider are applied" apply_provider
  step "$server: they are established" eventually 30 established
  start_managers
  local part
  for part in $parts; do step "$server: $part becomes ready" eventually 60 ready "$part"; done
  step "$server: webhook configurations are applied" apply_all webhooks
  sleep 1
  step "$server: a webhook refuses a bad Cluster" refused
  step "$server: a cluster is taken" eventually 20 k apply -f "$root/manifests/examples/cluster.yaml"
  step "$server: webhooks fill in defaults" equals 'RollingUpdate' value md/demo-md-0 '{.spec.rollout.strategy.type}'
  step "$server: the Cluster waits for its infrastructure" eventually 30 waiting
  step "$server: an old version is converted" has 'cluster.x-k8s.io/v1beta1' k get clusters.v1beta1.cluster.x-k8s.io demo -o yaml
  step "$server: both versions are read side by side" eventually 20 both_versions
  step "$server: an old client's update is stored as new" old_update
  step "$server: kubectl edit changes an old version" edited
  step "$server: columns are the server's" columns
  step "$server: kinds are explained" explained
  step "$server: kubectl apply says what changed" applied
  step "$server: the provider says the cluster is there" provide_cluster
  step "$server: the Cluster is provisioned" eventually 30 equals Provisioned value cluster/demo '{.status.phase}'
  step "$server: certificates and kubeconfig are made" eventually 30 count_is 5 secrets -l cluster.x-k8s.io/cluster-name=demo --field-selector type=cluster.x-k8s.io/secret,metadata.name!=demo-none
  step "$server: a control plane machine is made" eventually 30 count_is 1 machines -l cluster.x-k8s.io/control-plane
  step "$server: with its bootstrap data" eventually 30 matches true value kubeadmconfigs '{range .items[?(@.status.initialization.dataSecretCreated==true)]}{.status.initialization.dataSecretCreated}{"\n"}{end}'
  step "$server: and its infrastructure" eventually 30 exists inmemorymachines
  step "$server: worker machines are made and wait" eventually 30 count_is 3 machines -l cluster.x-k8s.io/deployment-name=demo-md-0
  step "$server: the managers come to rest" eventually 60 at_rest
  step "$server: the provider says the machines are there" provide_machines
  step "$server: machines are provisioned" eventually 30 has Provisioned value machines '{.items[*].status.phase}'
  step "$server: a deployment is scaled" k scale md demo-md-0 --replicas 2
  step "$server: machines are fewer" eventually 60 count_is 2 machines -l cluster.x-k8s.io/deployment-name=demo-md-0
  complaints "$server" >"$work/$server.complaints"
  stop_all
}
refused() {
  local out
  out=$(k create -f - 2>&1 <<<'{"apiVersion":"cluster.x-k8s.io/v1beta2","kind":"Cluster","metadata":{"name":"bad","namespace":"default"},"spec":{"infrastructureRef":{"apiGroup":"infrastructure.cluster.x-k8s.io","kind":"InMemoryCluster","name":"x"},"clusterNetwork":{"pods":{"cidrBlocks":["nonsense"]}}}}') && return 1
  grep -q 'denied the request\|is invalid' <<<"$out" && grep -q nonsense <<<"$out" || { echo "$out"; return 1; }
}
# What a v1beta1 and a v1beta2 client see of one Cluster: the same, each in its own words.
both_versions() {
  local old=clusters.v1beta1.cluster.x-k8s.io new=clusters.v1beta2.cluster.x-k8s.io
  equals cluster.x-k8s.io/v1beta1 value $old/demo '{.apiVersion}' &&
    equals cluster.x-k8s.io/v1beta2 value $new/demo '{.apiVersion}' &&
    matches 'infrastructure.cluster.x-k8s.io/v1[a-z0-9]+' value $old/demo '{.spec.infrastructureRef.apiVersion}' &&
    equals infrastructure.cluster.x-k8s.io value $new/demo '{.spec.infrastructureRef.apiGroup}' &&
    equals "$(value $old/demo '{.metadata.uid}')" value $new/demo '{.metadata.uid}' &&
    equals "$(value $old/demo '{.metadata.resourceVersion}')" value $new/demo '{.metadata.resourceVersion}' &&
    equals "$(value $new/demo '{.status.conditions[?(@.type=="Available")].reason}')" \
      value $old/demo '{.status.v1beta2.conditions[?(@.type=="Available")].reason}' &&
    [ "$(k get $old -o name)" = "$(k get $new -o name)" ]
}
old_update() {
  k patch clusters.v1beta1.cluster.x-k8s.io demo --type merge -p '{"metadata":{"labels":{"seen":"yes"}}}' &&
    equals yes value clusters.v1beta2.cluster.x-k8s.io/demo '{.metadata.labels.seen}' &&
    has cluster.x-k8s.io/v1beta2 k get --raw "/apis/cluster.x-k8s.io/v1beta2/namespaces/default/clusters/demo"
}
edited() {
  KUBE_EDITOR="sed -i 's/seen: \"yes\"/seen: edited/'" k edit clusters.v1beta1.cluster.x-k8s.io demo &&
    equals edited value cluster/demo '{.metadata.labels.seen}'
}
# The head of every table, and the row of the Cluster without its age.
columns() {
  for kind in cluster machinedeployment machineset kubeadmcontrolplane kubeadmconfigtemplate clusters.v1beta1.cluster.x-k8s.io; do
    k get "$kind" -o wide | head -n 1 | tr -s ' '
  done >"$work/$server.columns"
  grep -q 'NAME.*PHASE.*AGE' "$work/$server.columns"
}
explained() {
  local kind
  for kind in cluster.spec machinedeployment.spec.rollout clusters.spec.clusterNetwork; do k explain "$kind" || return 1; done \
    >"$work/$server.explained"
  k explain clusters --api-version=cluster.x-k8s.io/v1beta1 --recursive >>"$work/$server.explained" &&
    grep -q 'clusterNetwork' "$work/$server.explained"
}
applied() {
  local file=$work/$server.applied.yaml
  printf '%s\n' 'apiVersion: cluster.x-k8s.io/v1beta2' 'kind: MachineHealthCheck' 'metadata: {name: check, namespace: default}' \
    'spec: {clusterName: demo, selector: {matchLabels: {none: such}}, checks: {nodeStartupTimeoutSeconds: 60}}' >"$file"
  has created k apply -f "$file" && has unchanged k apply -f "$file" &&
    sed -i 's/60/120/' "$file" && has '^\+.*120' k_diff "$file" && has configured k apply -f "$file" &&
    has 'serverside-applied' k apply --server-side --force-conflicts -f "$file" && k delete -f "$file"
}
k_diff() { k diff -f "$1" || [ $? -eq 1 ]; }
waiting() { [ "$(value cluster/demo '{.status.conditions[?(@.type=="InfrastructureReady")].status}')" = False ] || { k get cluster demo -o yaml; return 1; }; }

ok "manifests are rendered" render
start_reference reference
try reference
start_serve capim
try capim
ok "objects are alike" diff -u --label kube-apiserver --label capim "$work/reference.state" "$work/capim.state"
ok "columns are alike" diff "$work/reference.columns" "$work/capim.columns"
ok "explanations are alike" diff "$work/reference.explained" "$work/capim.explained"
ok "nothing more is complained of" equals '' new_complaints
finish
