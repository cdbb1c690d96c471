# Starts the real Cluster API managers against a server, their webhooks at
# loopback addresses, beside the definitions of the provider. Sourced by the
# suites after servers.sh; not a program. Expects $kubectl, $bin, $work, and
# $server, the name of the server.

here=$root/tests/e2e
parts="core bootstrap control-plane"

k() { "$kubectl" --kubeconfig "$work/$server.kubeconfig" "$@"; }
port_of() { # PART PURPOSE
  local base=${MANAGERS_PORT:-27500} part
  case $1 in core) part=0 ;; bootstrap) part=10 ;; control-plane) part=20 ;; esac
  case $2 in webhook) echo $((base + part)) ;; health) echo $((base + part + 1)) ;; diagnostics) echo $((base + part + 2)) ;; esac
}
render() {
  local part
  "$deno" run -A "$here/certificates.ts" "$work/webhooks" || return 1
  for part in $parts; do
    "$kubectl" kustomize "$bin/../config/$part/default" >"$work/$part.rendered" &&
      "$deno" run -A "$here/managers_manifests.ts" "$work/$part.rendered" "$work/webhooks/ca.crt" \
        "$(port_of "$part" webhook)" "$work/$part.definitions.yaml" "$work/$part.webhooks.yaml" || return 1
  done
}
apply_all() { # SUFFIX
  local part
  for part in $parts; do k apply --server-side -f "$work/$part.$1.yaml" || return 1; done
}
apply_provider() {
  local file files=()
  for file in "$root"/manifests/crds/infrastructure.cluster.x-k8s.io_inmemory*.yaml; do files+=(-f "$file"); done
  k apply --server-side "${files[@]}"
}
established() { k wait --for=condition=Established crd --all --timeout=30s; }
start_managers() {
  local part gates
  for part in $parts; do
    gates=ClusterTopology=true,MachinePool=true
    [ "$part" = control-plane ] && gates=ClusterTopology=true
    KUBECONFIG=$work/$server.kubeconfig POD_NAMESPACE=default POD_NAME=$part POD_UID=$part \
      "$bin/$part" --webhook-port "$(port_of "$part" webhook)" --webhook-cert-dir "$work/webhooks" \
      --health-addr "127.0.0.1:$(port_of "$part" health)" \
      --diagnostics-address "127.0.0.1:$(port_of "$part" diagnostics)" --insecure-diagnostics=true \
      --feature-gates "$gates" --leader-elect=false >"$work/$server.$part.log" 2>&1 &
    pids+=($!)
  done
}
ready() { curl -sf -m 2 "http://127.0.0.1:$(port_of "$1" health)/readyz"; }

# A check of a story that began when $failed_before had failed: where one fails, those after it would wait for nothing.
step() { [ "$failed" -gt "$failed_before" ] || ok "$@"; }
