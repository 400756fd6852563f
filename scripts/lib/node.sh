# Node, the extension's packages, the .vsix, and VS Code in the browser.
# shellcheck shell=bash

EXTENSION=$ROOT/extension

need_node() {
  if command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' \
    >/dev/null 2>&1; then
    return 0
  fi
  die "Node 20 or newer with npm is needed; install it (Debian 13, Ubuntu 26.04: apt install nodejs npm; macOS: brew" \
    "install node; else from nodejs.org)"
}

setup_extension() {
  local stamp=$EXTENSION/node_modules/.farthing-setup want
  want=$(hash_of "$EXTENSION/package-lock.json")
  if stamped "$stamp" "$want"; then return 0; fi
  need_node
  run_quiet "installing the extension's packages" npm-extension npm --prefix "$EXTENSION" ci
  echo "$want" >"$stamp"
}

# The .vsix that was packaged last, remade when anything that goes into it has changed. Sets VSIX.
setup_vsix() {
  local want stamp=$ROOT/dist/.farthing-setup
  want=$(hash_of "$ROOT/pyproject.toml" "$ROOT/README.md" "$ROOT/CHANGELOG.md" "$ROOT/scripts/package" \
    "$(hash_of_tree "$EXTENSION" "$ROOT/server")")
  VSIX=$(newest_vsix)
  if [ -n "$VSIX" ] && stamped "$stamp" "$want"; then return 0; fi
  "$ROOT/scripts/package"
  VSIX=$(newest_vsix)
  [ -n "$VSIX" ] || die "scripts/package left no .vsix in dist/"
  echo "$want" >"$stamp"
}

newest_vsix() {
  # The names hold a version only, so listing by time is safe.
  # shellcheck disable=SC2012
  ls -t "$ROOT"/dist/farthing-*.vsix 2>/dev/null | head -n 1 || true
}

# VS Code for the browser, from the npm registry, kept in the cache under the hash of its lock: it is 700 MB and takes
# two minutes. Sets WEB_NODE (Node 24) and WEB_ENTRY (its script).
setup_web() {
  local home
  home=$CACHE/web-$(hash_of "$ROOT/scripts/web/package-lock.json" "$(uname -sm)")
  WEB_ENTRY=$home/node_modules/code-server/out/node/entry.js
  if [ ! -f "$home/.farthing-setup" ]; then
    need_node
    need_compiler
    need_kerberos_headers
    mkdir -p "$home"
    cp "$ROOT/scripts/web/package.json" "$ROOT/scripts/web/package-lock.json" "$home"
    # Two steps: the install scripts want the Node 24 that the first step brings.
    run_quiet "fetching VS Code for the browser" web-fetch npm --prefix "$home" ci --ignore-scripts
    find_web_node "$home"
    use_web_headers "$home"
    run_quiet "building VS Code's native modules" web-build env PATH="$(dirname "$WEB_NODE"):$PATH" \
      ${WEB_HEADERS:+npm_config_nodedir="$WEB_HEADERS"} npm_config_dangerously_allow_all_scripts=true \
      npm --prefix "$home" rebuild --foreground-scripts
    "$WEB_NODE" "$WEB_ENTRY" --config "$home/config.yaml" --version >/dev/null 2>&1 || die "VS Code for the browser was installed but does not run;" \
      "remove $home and run the same command again"
    date >"$home/.farthing-setup"
  fi
  find_web_node "$home"
}

# Native modules are compiled against the headers that Node's own package brings; without them node-gyp would
# download some. Sets WEB_HEADERS.
use_web_headers() {
  local include
  WEB_HEADERS=""
  include=$(dirname "$(dirname "$WEB_NODE")")/include
  if [ -d "$include/node" ]; then include=$include/node; fi
  if [ -f "$include/node_api.h" ]; then
    WEB_HEADERS=$1/headers
    mkdir -p "$WEB_HEADERS/include"
    ln -sfn "$include" "$WEB_HEADERS/include/node"
  fi
}

find_web_node() {
  for WEB_NODE in "$1"/node_modules/node-linux-*/bin/node "$1"/node_modules/node-darwin-*/bin/node \
    "$1"/node_modules/node-bin-darwin-*/bin/node; do
    if [ -x "$WEB_NODE" ]; then return 0; fi
  done
  die "there is no Node 24 for $(uname -sm) in scripts/web/package.json"
}
