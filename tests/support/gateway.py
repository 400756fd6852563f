"""LiteLLM's proxy in front of a server, with Postgres and Redis, as ``scripts/team/litellm.yaml`` has it.

``scripts/test`` sets up what it needs (``scripts/lib/gateway.sh``) and names the places in the environment.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import databases
from tests.support.processes import until

CONFIG = Path(__file__).parents[2] / "scripts" / "team" / "litellm.yaml"
MASTER = "sk-master-of-the-gateway"
MODEL = "team-small"
"""As the configuration calls it, with …"""
INPUT_USD, OUTPUT_USD = 0.2, 0.8
"""… its prices, in dollars for a million tokens."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that runs."""

    base: str
    """Its address, without a path."""
    programs: Path
    """Of Postgres."""
    database: str

    def team(self, max_budget: float | None = None) -> tuple[str, str]:
        """A new team and a virtual key of it.

        Args:
            max_budget: dollars.
        """
        team = self.ask("team/new", {"team_alias": f"team-{os.urandom(4).hex()}", "max_budget": max_budget})["team_id"]
        return team, self.ask("key/generate", {"team_id": team})["key"]

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """What only the master may."""
        headers = {"authorization": f"Bearer {MASTER}"}
        answer = httpx.post(f"{self.base}/{path}", json=body, headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, sql: str) -> list[list[str]]:
        """Rows of its database."""
        return databases.query(self.programs, self.database, sql)


@contextlib.contextmanager
def serving(server: str, folder: Path) -> Iterator[Gateway]:
    """A gateway in front of a server that speaks chat completions.

    Args:
        server: its address, without a path.
        folder: for logs.
    """
    home, programs = _place("FARTHING_TEST_GATEWAY"), _place("FARTHING_TEST_POSTGRES")
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed; run scripts/test")
    with databases.postgres(programs, _schema(home)) as database, databases.redis(folder / "redis.log") as redis:
        port, log = databases.free_port(), folder / "litellm.log"
        command = [str(home / "venv/bin/python"), "-m", "uvicorn", "litellm.proxy.proxy_server:app"]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port)],
                env=_environment(home, server, database, redis), cwd=folder, stdin=subprocess.DEVNULL, stdout=sink,
                stderr=sink,
            )  # fmt: skip
        try:
            base = f"http://127.0.0.1:{port}"
            until(process, log, lambda: _ready(base))
            yield Gateway(base, programs, database)
        finally:
            process.terminate()
            process.wait(60)


def _place(variable: str) -> Path:
    found = os.environ.get(variable, "")
    if not found:
        pytest.skip(f"the gateway is not set up ({variable}); run scripts/test")
    return Path(found)


def _schema(home: Path) -> str:
    """LiteLLM's migrations, one after the other; what applies them in production comes from no registry."""
    steps = sorted(home.glob("venv/lib/python3*/site-packages/litellm_proxy_extras/migrations/*/migration.sql"))
    assert steps
    return "\n".join(step.read_text() for step in steps)


def _environment(home: Path, server: str, database: str, redis: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CONFIG_FILE_PATH": str(CONFIG),
        "PRISMA_QUERY_ENGINE_BINARY": str(home / "query-engine.mjs"),
        "LITELLM_MASTER_KEY": MASTER,
        "LITELLM_SALT_KEY": "sk-salt",
        "DATABASE_URL": database,
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(redis),
        "REDIS_PASSWORD": databases.REDIS_PASSWORD,
        # A server of llama.cpp, which wants texts where vLLM takes lists, too. The name is the same on both sides, as
        # with Responses the gateway tells the server's.
        "TEAM_SMALL_MODEL": f"docker_model_runner/{MODEL}",
        "TEAM_SMALL_URL": f"{server}/v1",
        "TEAM_SMALL_KEY": "none",
        # What it would fetch from elsewhere at its start is in the package, too.
        **{f"LITELLM_LOCAL_{name}": "True" for name in LOCAL},
    }


LOCAL = ("MODEL_COST_MAP", "ANTHROPIC_BETA_HEADERS", "BLOG_POSTS", "POLICY_TEMPLATES", "AUTOROUTER_PRESETS")


def _ready(base: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{base}/health/readiness", timeout=5, trust_env=False).status_code == 200
    return False
