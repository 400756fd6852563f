# The team's gateway, for its tests: LiteLLM in an environment of its own, Postgres and Redis.
# shellcheck shell=bash

# LiteLLM keeps its books through Prisma, whose engine comes from npm (see scripts/gateway/query-engine.mjs) and whose
# client is generated from LiteLLM's schema. All of it is kept in the cache under the hash of what it is made from. Sets
# GATEWAY_HOME.
setup_gateway() {
  local source=$ROOT/scripts/gateway lock=$ROOT/server/requirements-gateway.lock
  GATEWAY_HOME=$CACHE/gateway-$(hash_of "$lock" "$source/package-lock.json" "$source/query-engine.mjs" \
    "$ROOT/scripts/lib/gateway.sh" "$(uname -sm)")
  if [ -f "$GATEWAY_HOME/.farthing-setup" ] && "$GATEWAY_HOME/venv/bin/python" -c '' >/dev/null 2>&1; then return 0; fi
  need_node
  need_python
  need_ensurepip
  mkdir -p "$GATEWAY_HOME"
  cp "$source/package.json" "$source/package-lock.json" "$source/query-engine.mjs" "$GATEWAY_HOME"
  chmod +x "$GATEWAY_HOME/query-engine.mjs"
  run_quiet "making an environment for LiteLLM" gateway-venv "$BASE_PYTHON" -m venv --clear "$GATEWAY_HOME/venv"
  run_quiet "installing LiteLLM" gateway-pip \
    "$GATEWAY_HOME/venv/bin/python" -m pip install --no-compile --require-hashes -r "$lock"
  run_quiet "fetching what it keeps its books with" gateway-npm npm --prefix "$GATEWAY_HOME" ci --ignore-scripts
  generate_prisma
  # Also compiles what it imports; all that was installed would take longer, and the first start a minute.
  run_quiet "starting LiteLLM" gateway-start env LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_LOCAL_BLOG_POSTS=True \
    LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS=True LITELLM_LOCAL_AUTOROUTER_PRESETS=True \
    LITELLM_LOCAL_POLICY_TEMPLATES=True "$GATEWAY_HOME/venv/bin/python" -c 'import litellm.proxy.proxy_server'
  date >"$GATEWAY_HOME/.farthing-setup"
}

# An engine that is named is not downloaded. Nothing is asked of it here but its name.
generate_prisma() {
  local engine=$GATEWAY_HOME/query-engine.mjs schema
  schema=$("$GATEWAY_HOME/venv/bin/python" -c \
    'import importlib.util; print(importlib.util.find_spec("litellm_proxy_extras").submodule_search_locations[0])')
  run_quiet "generating LiteLLM's database client" gateway-prisma env PATH="$GATEWAY_HOME/venv/bin:$PATH" \
    CHECKPOINT_DISABLE=1 PRISMA_HIDE_UPDATE_MESSAGE=1 PRISMA_CLI_QUERY_ENGINE_TYPE=binary \
    PRISMA_QUERY_ENGINE_BINARY="$engine" PRISMA_SCHEMA_ENGINE_BINARY="$engine" \
    node "$GATEWAY_HOME/node_modules/prisma/build/index.js" generate "--schema=$schema/schema.prisma"
}

# The folder of Postgres' programs: Debian puts all but the client's where no PATH leads.
find_postgres() {
  local place
  for place in /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb || echo /-)")"; do
    if [ -x "$place/initdb" ] && [ -x "$place/postgres" ] && [ -x "$place/psql" ]; then
      echo "$place"
      return 0
    fi
  done
  return 1
}

need_postgres() {
  if find_postgres >/dev/null; then return 0; fi
  if can_apt; then
    apt_install postgresql
  else
    die "the gateway's tests need Postgres; install it, on Debian or Ubuntu with: apt install postgresql"
  fi
}

need_redis() {
  if command -v redis-server >/dev/null; then return 0; fi
  if can_apt; then
    apt_install redis-server
  else
    die "the gateway's tests need Redis; install it, on Debian or Ubuntu with: apt install redis-server"
  fi
}
