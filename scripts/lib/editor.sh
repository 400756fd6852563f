# Handing over to an editor: the one on PATH, or VS Code in the browser.
# shellcheck shell=bash

bad_usage() {
  say "error: $*"
  exit 2
}

# Can a window be shown, or is there an editor already open that this terminal belongs to?
can_show_windows() {
  [ "$(uname)" = Darwin ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}${VSCODE_IPC_HOOK_CLI:-}" ]
}

# limited SECONDS COMMAND...: an editor's command line that waits for something must not hang us (macOS has no timeout).
limited() {
  local seconds=$1 pid waited=0
  shift
  "$@" </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if [ "$waited" -ge $((seconds * 5)) ]; then
      kill "$pid" 2>/dev/null || true
      return 124
    fi
    sleep 0.2
    waited=$((waited + 1))
  done
  wait "$pid"
}

# Install the .vsix into the first editor on PATH that takes it and open the workspace there. Fails when there is none.
open_editor() {
  local editor log=$LOGS/editor.log
  for editor in code codium cursor; do
    if ! command -v "$editor" >/dev/null; then continue; fi
    if ! can_show_windows; then
      say "$editor is installed, but this terminal has no display"
      continue
    fi
    if limited 60 "$editor" --install-extension "$VSIX" --force >"$log" 2>&1; then
      say "the extension is installed in $editor; opening $(workspace)"
      limited 20 "$editor" "$(workspace)" >>"$log" 2>&1 || say "$editor did not open; see $log"
      return 0
    fi
    say "$editor did not take the extension: $(grep -v '^ *$' "$log" | tail -n 1)"
  done
  if command -v code-server >/dev/null; then
    say "installing the extension in code-server"
    limited 60 code-server --install-extension "$VSIX" --force >"$log" 2>&1 || die "code-server did not take it; see $log"
    choose_port
    serve_until_interrupted code-server
  fi
  return 1
}

workspace() { echo "${WORKSPACE:-$PWD}"; }

port_is_free() {
  "$PY" - "$1" <<'PYTHON'
import socket
import sys

with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit(1)
PYTHON
}

choose_port() {
  if [ -n "$PORT" ]; then
    port_is_free "$PORT" || die "port $PORT is taken; choose another one with --port N"
    return 0
  fi
  PORT=8080
  port_is_free "$PORT" ||
    PORT=$("$PY" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
}

# Settings for the first look only: once the user has settings here, they are the user's.
first_settings() {
  if [ -f "$1" ]; then return 0; fi
  mkdir -p "$(dirname "$1")"
  cat >"$1" <<'JSON'
{
  "editor.inlineSuggest.enabled": true,
  "editor.minimap.enabled": false,
  "telemetry.telemetryLevel": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none"
}
JSON
}

# Our own VS Code, with folders of its own: nothing of the user's editors is touched.
serve_web() {
  local home
  choose_port
  setup_web
  home=$("$PY" -c 'from farthing import paths; print(paths.data_dir() / "web")')
  first_settings "$home/user/User/settings.json"
  run_quiet "installing the extension" web-extension "$WEB_NODE" "$WEB_ENTRY" --config "$home/config.yaml" \
    --user-data-dir "$home/user" --extensions-dir "$home/extensions" --install-extension "$VSIX" --force
  serve_until_interrupted "$WEB_NODE" "$WEB_ENTRY" --config "$home/config.yaml" --user-data-dir "$home/user" \
    --extensions-dir "$home/extensions" --disable-workspace-trust --disable-telemetry --disable-update-check
}

answers() {
  "$PY" -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$PORT" 2>/dev/null
}

# Without a password, because it listens on the loopback address only.
serve_until_interrupted() {
  local log=$LOGS/web.log status=0
  set -m
  "$@" --auth none --bind-addr "127.0.0.1:$PORT" "$(workspace)" >"$log" 2>&1 </dev/null &
  JOB_PID=$!
  set +m
  until answers; do
    kill -0 "$JOB_PID" 2>/dev/null || die "VS Code did not start: $(tail -n 1 "$log")"
    sleep 0.2
  done
  say ""
  say "VS Code is at http://127.0.0.1:$PORT (Ctrl-C stops it)"
  say "It has no password: do not use it where you share this machine with people you do not trust."
  say ""
  # Said by the handler of Ctrl-C.
  # shellcheck disable=SC2034
  GOODBYE="stopped"
  wait "$JOB_PID" || status=$?
  JOB_PID=""
  die "VS Code ended with status $status: $(tail -n 1 "$log")"
}
