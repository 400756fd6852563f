# Helpers that every script here uses: where things lie, how a step is shown, how it fails.
# Sourced, never run. Works with bash 3.2 (macOS) and later.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
CACHE=${FARTHING_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/farthing}
LOGS=$CACHE/logs
export ROOT CACHE

# A user's own pip or npm configuration is kept (mirrors, proxies), but nothing may ask or change where things go.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false

JOB_PID=""
GOODBYE="interrupted; run the same command again to go on from here"

say() { printf '%s\n' "$*" >&2; }

die() {
  clear_line
  say "error: $*"
  exit 1
}

clear_line() { if [ -t 2 ]; then printf '\r\033[K' >&2; fi; }

# Ctrl-C and a polite kill end the step that runs, with all that it started, and then the script. What was finished
# stays and is not done again.
on_interrupt() {
  trap '' INT TERM HUP
  end_job
  clear_line
  say "$GOODBYE"
  exit "$1"
}

end_job() {
  if [ -n "$JOB_PID" ]; then
    kill -TERM -- "-$JOB_PID" 2>/dev/null || kill -TERM "$JOB_PID" 2>/dev/null || true
    wait "$JOB_PID" 2>/dev/null || true
    JOB_PID=""
  fi
}

trap 'on_interrupt 130' INT
trap 'on_interrupt 143' TERM
trap 'on_interrupt 129' HUP

# The terminal's width, for the progress line.
columns() {
  local width
  width=$(tput cols 2>/dev/null || echo 80)
  [ "$width" -gt 20 ] 2>/dev/null || width=80
  echo "$width"
}

# What a step's log says about how far it is: ninja's [n/m], else its last line.
progress_of() {
  local text counter
  text=$(tail -c 4000 "$1" 2>/dev/null | LC_ALL=C tr '\r' '\n' | LC_ALL=C tr -cd '[:print:]\n' || true)
  counter=$(printf '%s\n' "$text" | grep -oE '\[[0-9]+/[0-9]+\]' | tail -n 1 || true)
  if [ -n "$counter" ]; then
    printf '%s' "$counter"
  else
    printf '%s\n' "$text" | grep -v '^ *$' | tail -n 1 | sed 's/^ *//' || true
  fi
}

show_progress() {
  local label=$1 log=$2 seconds=$3 line
  if [ -t 2 ]; then
    line="$label ... ${seconds}s  $(progress_of "$log")"
    printf '\r\033[K%.*s' "$(($(columns) - 1))" "$line" >&2
  elif [ $((seconds - LAST_SHOWN)) -ge 20 ]; then
    LAST_SHOWN=$seconds
    line="$label ... ${seconds}s  $(progress_of "$log")"
    say "${line:0:110}"
  fi
}

# run_quiet LABEL NAME COMMAND...: run a long command with its output in a log, showing how it goes. Ends the script
# with the log's tail and one clear line when the command fails.
run_quiet() {
  local label=$1
  if ! try_quiet "$@"; then
    say "--- the last lines of $LOGS/$2.log"
    tail -n 25 "$LOGS/$2.log" >&2
    die "$label failed; the whole log is $LOGS/$2.log; run the same command again to retry"
  fi
}

# As run_quiet, but a failure is the caller's to handle: the exit status is returned, and nothing is printed.
try_quiet() {
  local label=$1 log="$LOGS/$2.log" started=$SECONDS status=0
  shift 2
  mkdir -p "$LOGS"
  LAST_SHOWN=0
  if [ ! -t 2 ]; then say "$label ..."; fi
  # A process group of its own, so that an interruption can end everything beneath it.
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  JOB_PID=$!
  set +m
  while kill -0 "$JOB_PID" 2>/dev/null; do
    show_progress "$label" "$log" $((SECONDS - started))
    sleep 0.2
  done
  wait "$JOB_PID" || status=$?
  JOB_PID=""
  clear_line
  if [ "$status" -eq 0 ]; then say "$label: done in $((SECONDS - started)) s"; fi
  return "$status"
}

# The first 16 digits of a hash over files and words, in the order given.
hash_of() {
  local item
  for item in "$@"; do
    if [ -f "$item" ]; then cat "$item"; else printf '%s\n' "$item"; fi
  done | if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-16
}

# One hash over everything in folders (names and bytes), what is generated or copied there left out.
hash_of_tree() {
  find "$@" \( -name node_modules -o -name __pycache__ -o -name dist -o -name bundled -o -name out-test \
    -o -name LICENSE -o -name CHANGELOG.md -o -name '*.vsix' \) -prune \
    -o -type f -print | LC_ALL=C sort | while IFS= read -r file; do
    printf '%s\n' "$file"
    cat "$file"
  done | if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-16
}

# stamped FILE VALUE: has this step been done for these inputs?
stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
