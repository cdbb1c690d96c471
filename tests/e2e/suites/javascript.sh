#!/usr/bin/env bash
# The JavaScript client library under Node against `capim serve`.
# Usage: javascript.sh KUBECTL WORK_FOLDER
work=$2
. "$(dirname "$0")/../servers.sh"

# The library's second major version needs Node 22.
version=2
[ "$(node -p 'Number(process.versions.node.split(".")[0])')" -ge 22 ] || version=1
npm_install() {
  (cd "$work" && npm install --no-audit --no-fund --silent --prefix . "@kubernetes/client-node@$version")
}

cp "$root"/tests/javascript/*.mjs "$work"
ok "install the library" npm_install
start_serve server
before=$passed
while IFS= read -r line; do
  echo "$line"
  case $line in
    PASS*) passed=$((passed + 1)) ;;
    FAIL*) failed=$((failed + 1)) ;;
  esac
done < <(node "$work/main.mjs" "$work/server.kubeconfig" 2>&1)
[ "$passed" -gt "$before" ] || { echo "FAIL nothing passes"; failed=$((failed + 1)); }
finish
