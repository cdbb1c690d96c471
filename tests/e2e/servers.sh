# Starts and stops the servers that suites talk to, and counts what the suites
# find. Sourced by the suites; not a program. Expects $work, a folder that the
# suite may fill, and $bin, the folder of the real programs.

set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
passed=0
failed=0
pids=()

# The Deno program itself: a wrapper would not pass signals on.
deno_program() {
  if command -v deno >/dev/null 2>&1; then
    command -v deno
  else
    npx -y deno@2.9 eval 'console.log(Deno.execPath())'
  fi
}
export DENO=${DENO:-$(deno_program)}
deno=$DENO

capim() { "$deno" run -A "$root/cmd/capim.ts" "$@"; }

# ok NAME COMMAND…: one check; its output is shown when it fails.
ok() {
  local name=$1 out
  shift
  if out=$("$@" 2>&1); then
    echo "PASS $name"
    passed=$((passed + 1))
  else
    echo "FAIL $name"
    sed 's/^/     /' <<<"$out" | tail -n 40
    failed=$((failed + 1))
  fi
}

# eventually SECONDS COMMAND…: the command, until it succeeds.
eventually() {
  local deadline=$((SECONDS + $1)) out
  shift
  until out=$("$@" 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "not within the time: $*"
      echo "$out"
      return 1
    fi
    sleep 0.3
  done
}

# equals EXPECTED COMMAND…: whether the command prints just that.
equals() {
  local expected=$1 got
  shift
  got=$("$@" 2>/dev/null) || { echo "failed: $*"; "$@"; return 1; }
  [ "$got" = "$expected" ] || { printf 'expected:\n%s\ngot:\n%s\n' "$expected" "$got"; return 1; }
}

# matches REGEXP COMMAND…: whether every line that the command prints matches, and there is one.
matches() {
  local expression=$1 got
  shift
  got=$("$@" 2>/dev/null) || { echo "failed: $*"; "$@"; return 1; }
  [ -n "$got" ] && ! grep -Evq "^($expression)\$" <<<"$got" ||
    { printf 'every line should match:\n%s\ngot:\n%s\n' "$expression" "$got"; return 1; }
}

# has REGEXP COMMAND…: whether a line that the command prints matches.
has() {
  local expression=$1 got
  shift
  got=$("$@" 2>&1) || { echo "failed: $*"; echo "$got"; return 1; }
  grep -Eq -- "$expression" <<<"$got" ||
    { printf 'no line matches:\n%s\nin:\n%s\n' "$expression" "$got"; return 1; }
}

# server NAME COMMAND…: starts a server in the background; waits for its kubeconfig at $work/NAME.kubeconfig.
server() {
  local name=$1
  shift
  rm -f "$work/$name.kubeconfig"
  "$@" >"$work/$name.out" 2>"$work/$name.err" &
  pids+=($!)
  local deadline=$((SECONDS + 90))
  until [ -s "$work/$name.kubeconfig" ]; do
    if ! kill -0 "$!" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      echo "FAIL $name does not start"
      tail -n 20 "$work/$name.out" "$work/$name.err"
      exit 1
    fi
    sleep 0.1
  done
}

start_up() { # NAME [FLAGS…]
  local name=$1
  shift
  server "$name" "$deno" run -A "$root/cmd/capim.ts" up --port 0 --kubeconfig "$work/$name.kubeconfig" "$@"
}

start_serve() { # NAME [FLAGS…]
  local name=$1
  shift
  server "$name" "$deno" run -A "$root/cmd/capim.ts" serve --kubeconfig "$work/$name.kubeconfig" "$@"
}

start_reference() { # NAME
  server "$1" "$root/tests/e2e/reference.sh" "$bin" "$work/$1-data" "$work/$1.kubeconfig"
}

# Newest first: what depends on a server stops before it.
stop_all() {
  local i
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null
    wait "${pids[i]}" 2>/dev/null
  done
  pids=()
}
trap stop_all EXIT

finish() {
  stop_all
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}
