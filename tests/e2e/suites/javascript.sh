#!/usr/bin/env bash
# The JavaScript client library under Node against `capim serve`.
# Usage: javascript.sh KUBECTL WORK_FOLDER
work=$2
. "$(dirname "$0")/../servers.sh"

npm_install() {
  (cd "$work" && npm install --no-audit --no-fund --silent --prefix . @kubernetes/client-node@2)
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
