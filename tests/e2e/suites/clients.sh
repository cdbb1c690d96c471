#!/usr/bin/env bash
# client-go and controller-runtime against a real kube-apiserver and against
# `capim serve`, with and without the controllers that belong to it: the same
# checks pass on all, and what the clients see of the bare servers is the same.
# Usage: clients.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"

drive() { # SERVER: runs the checks against it and counts them.
  local line before=$passed
  while IFS= read -r line; do
    sed -E "s/^(PASS|FAIL) /&on $1: /" <<<"$line"
    case $line in
      PASS*) passed=$((passed + 1)) ;;
      FAIL*) failed=$((failed + 1)) ;;
    esac
  done < <("$bin/clients" -kubeconfig "$work/$1.kubeconfig" -seen "$work/$1.seen" 2>&1)
  [ "$passed" -gt "$before" ] || { echo "FAIL nothing passes on $1"; failed=$((failed + 1)); }
}

# One check at a time, so that a difference is told with its name.
compare() {
  local name
  while IFS= read -r name; do
    ok "seen alike: $name" diff -u --label kube-apiserver --label capim \
      <(one_check "$work/reference.seen" "$name") <(one_check "$work/capim.seen" "$name")
  done < <(sed -nE 's/^== ([^:]*:[^:]*): .*/\1/p' "$work/reference.seen" | sort -u)
}
one_check() { awk -v name="== $2: " '/^== /{on = index($0, name) == 1} on' "$1"; }

start_reference reference
drive reference
stop_all
start_serve capim --controllers none
drive capim
stop_all
start_serve controlled --controllers default
drive controlled
stop_all
compare
finish
