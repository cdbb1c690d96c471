#!/usr/bin/env bash
# The CustomResourceDefinitions of well-known projects, unchanged from their Go
# modules: on a real kube-apiserver and on `capim serve` they are installed, an
# object of each kind is accepted and a broken one refused with the field
# named. Whatever the two servers answer, the published schemas included, is
# compared.
# Usage: definitions.sh KUBECTL WORK_FOLDER PROGRAMS_FOLDER
kubectl=$1
work=$2
bin=$3
. "$(dirname "$0")/../servers.sh"
here=$root/tests/e2e/definitions

# try SERVER: every check of the program counts as one.
try() {
  "$deno" run -A "$here/main.ts" "$work/$1.kubeconfig" "$work/module" "$work/$1.answers" >"$work/$1.log" 2>&1
  local status=$? good bad
  grep -A 1 '^FAIL' "$work/$1.log" | cut -c 1-1000
  good=$(grep -c '^PASS' "$work/$1.log")
  bad=$(grep -c '^FAIL' "$work/$1.log")
  passed=$((passed + good))
  failed=$((failed + bad))
  ok "$1: all definitions were tried" eval '[ "$status" -eq 0 ] || tail -n 20 "$work/$1.log" | grep -q "passed," || { tail -n 20 "$work/$1.log"; false; }'
}

# Explanations of every kind, as kubectl makes them of what is published.
explained() {
  local name
  for name in certificates prometheuses applications httproutes scaledobjects kubeadmcontrolplanes; do
    "$kubectl" --kubeconfig "$work/$1.kubeconfig" explain "$name" --recursive || return 1
  done
}
alike() {
  explained reference >"$work/reference.explained" && explained capim >"$work/capim.explained" &&
    diff "$work/reference.explained" "$work/capim.explained" | head -n 40
  cmp "$work/reference.explained" "$work/capim.explained"
}

start_reference reference
try reference
start_serve capim --controllers none
try capim
ok "both answer alike" "$deno" run -A "$here/compare.ts" "$work/reference.answers" "$work/capim.answers"
ok "kubectl explains alike" alike
finish
