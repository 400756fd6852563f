# The Python environment at .venv: found, made, filled from the lock files by hash.
# shellcheck shell=bash

VENV=$ROOT/.venv
PY=$VENV/bin/python

# A name on PATH proves nothing (version managers put stubs there), so each candidate is run.
python_will_do() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# The Python to build on: FARTHING_PYTHON_BASE, else the newest that the dependencies have ready-made wheels for.
find_python() {
  local name
  if [ -n "${FARTHING_PYTHON_BASE:-}" ]; then
    python_will_do "$FARTHING_PYTHON_BASE" && command -v "$FARTHING_PYTHON_BASE"
    return
  fi
  for name in python3.13 python3.12 python3.11 python3; do
    if python_will_do "$name"; then
      command -v "$name"
      return
    fi
  done
  return 1
}

need_python() {
  if BASE_PYTHON=$(find_python); then return 0; fi
  if [ -n "${FARTHING_PYTHON_BASE:-}" ]; then
    die "FARTHING_PYTHON_BASE=$FARTHING_PYTHON_BASE does not run or is older than Python 3.11"
  fi
  die "Python 3.11 or newer is needed; install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install" \
    "python@3.13) or set FARTHING_PYTHON_BASE"
}

# Compiling extension modules needs no Python headers here, but making an environment needs ensurepip, which Debian
# and Ubuntu split off.
need_ensurepip() {
  if "$BASE_PYTHON" -c 'import venv, ensurepip' >/dev/null 2>&1; then return 0; fi
  local package
  package=$("$BASE_PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  if can_apt && [ "$(dirname "$BASE_PYTHON")" = /usr/bin ]; then
    apt_install "$package"
  else
    die "$BASE_PYTHON can't make virtual environments; on Debian or Ubuntu: apt install $package"
  fi
}

venv_works() { "$PY" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

make_venv() {
  if venv_works; then return 0; fi
  need_python
  need_ensurepip
  if [ -e "$VENV" ]; then say ".venv is incomplete or its Python is gone; making it anew"; fi
  run_quiet "making .venv with $BASE_PYTHON" venv "$BASE_PYTHON" -m venv --clear "$VENV"
}

# The engine as installed must run on this machine's processor: pip keeps the wheel it built in a cache that knows
# nothing of processors, and a home folder or a CI cache may have been filled on another one.
check_engine() {
  local status=0
  "$PY" "$ROOT/scripts/lib/engine_check.py" >"$LOGS/engine-check.log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then return 0; fi
  say "the inference engine in pip's cache was built for another processor (status $status); building it here"
  need_compiler
  "$PY" -m pip cache remove llama_cpp_python >/dev/null 2>&1 || true
  awk '/^llama-cpp-python==/ {keep = 1; print; next} /^[^ ]/ {keep = 0} keep && !/#/' \
    "$ROOT/server/requirements.lock" >"$LOGS/engine.lock"
  run_quiet "compiling the inference engine (about 4 minutes on 2 cores)" pip-engine \
    env PATH="$VENV/bin:$PATH" CMAKE_ARGS="${CMAKE_ARGS:--DLLAVA_BUILD=OFF}" \
    "$PY" -m pip install -v --no-build-isolation --no-deps --force-reinstall --require-hashes -r "$LOGS/engine.lock"
  run_quiet "checking the inference engine" engine-check "$PY" "$ROOT/scripts/lib/engine_check.py"
}

# setup_venv LOCK: .venv holds exactly what server/LOCK names, and this package, editable.
setup_venv() {
  local lock=$1 stamp=$VENV/.farthing-setup inputs label="installing the packages"
  inputs=$(hash_of "$ROOT"/server/requirements*.lock "$ROOT/pyproject.toml" "$ROOT")
  # The development lock holds all of the other one, so there is no way back to go.
  if { stamped "$stamp" "$inputs $lock" || stamped "$stamp" "$inputs requirements-dev.lock"; } && venv_works; then
    return 0
  fi
  make_venv
  if ! "$PY" -c 'import llama_cpp' >/dev/null 2>&1; then
    need_compiler
    label="installing the packages (compiles the inference engine: about 4 minutes on 2 cores)"
  fi
  rm -f "$stamp"
  run_quiet "installing the build tools" pip-build \
    "$PY" -m pip install --require-hashes -r "$ROOT/server/requirements-build.lock"
  run_quiet "$label" pip-packages \
    env PATH="$VENV/bin:$PATH" CMAKE_ARGS="${CMAKE_ARGS:--DLLAVA_BUILD=OFF}" \
    "$PY" -m pip install -v --no-build-isolation --require-hashes -r "$ROOT/server/$lock"
  check_engine
  run_quiet "installing farthing" pip-farthing \
    "$PY" -m pip install --no-deps --no-build-isolation -e "$ROOT"
  echo "$inputs $lock" >"$stamp"
}
