# What only the operating system's package manager can give.
# shellcheck shell=bash

# The command prefix that makes us root without a question, or a failure.
root_prefix() {
  if [ "$(id -u)" = 0 ]; then
    echo ""
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    echo "sudo -n"
  else
    return 1
  fi
}

can_apt() { command -v apt-get >/dev/null && root_prefix >/dev/null; }

# apt_install PACKAGE...: install them, refreshing the package lists only when the first try fails.
apt_install() {
  local prefix
  prefix=$(root_prefix)
  # $prefix is empty or two words.
  # shellcheck disable=SC2086
  if ! try_quiet "installing $*" apt $prefix env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "$@"; then
    run_quiet "refreshing the package lists" apt-update $prefix apt-get update
    run_quiet "installing $*" apt $prefix env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "$@"
  fi
}

find_compiler() {
  local name
  for name in ${CXX:-} c++ g++ clang++; do
    if command -v "$name" >/dev/null; then
      echo "$name"
      return 0
    fi
  done
  return 1
}

need_compiler() {
  if find_compiler >/dev/null && command -v "${CC:-cc}" >/dev/null; then return 0; fi
  if can_apt; then
    apt_install build-essential
  elif [ "$(uname)" = Darwin ]; then
    die "no C++ compiler found; install one with: xcode-select --install"
  else
    die "no C++ compiler found; install one, on Debian or Ubuntu with: apt install build-essential"
  fi
}

find_chromium() {
  local name
  for name in ${FARTHING_BROWSER:-} chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if command -v "$name" >/dev/null; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

need_chromium() {
  if find_chromium >/dev/null; then return 0; fi
  if can_apt; then
    apt_install chromium fonts-dejavu-core
  else
    die "the browser test needs Chromium; install Chromium or Google Chrome, or leave the test out with --fast"
  fi
}

# The browser tests look for processes that should or should not run.
need_ps() {
  if command -v ps >/dev/null; then return 0; fi
  if can_apt; then apt_install procps; else die "the tests need ps; install it, on Debian or Ubuntu with: apt install procps"; fi
}

# A test watches what processes do to the network.
need_strace() {
  if command -v strace >/dev/null; then return 0; fi
  if can_apt; then apt_install strace; else die "a test needs strace; install it, on Debian or Ubuntu with: apt install strace"; fi
}

# code-server compiles a module against the Kerberos headers.
need_kerberos_headers() {
  if [ "$(uname)" = Darwin ] || [ -e /usr/include/gssapi/gssapi.h ] || [ -e /usr/include/gssapi.h ]; then return 0; fi
  if can_apt; then
    apt_install libkrb5-dev
  else
    die "VS Code in the browser needs the Kerberos headers; install them, on Debian or Ubuntu with: apt install libkrb5-dev"
  fi
}
