"""What of the user's environment a test command gets."""

from pathlib import Path

import pytest

from farthing import paths
from farthing.verify.environment import scrubbed


def names(environment: dict[str, str], **more: tuple[str, ...]) -> set[str]:
    found = scrubbed(environment, Path("/r/p"), Path("/s/copy/p"), Path("/s/scratch"), **more)
    return set(found) - {"TMPDIR", "XDG_CACHE_HOME", "GIT_CEILING_DIRECTORIES"}


@pytest.mark.parametrize(
    "name",
    "OPENAI_API_KEY AWS_SECRET_ACCESS_KEY GITHUB_TOKEN NPM_TOKEN DB_PASSWORD PGPASSWORD DB_PASS MY_PAT SENTRY_DSN "
    "apikey GOOGLE_APPLICATION_CREDENTIALS SSH_AUTH_SOCK DOCKER_HOST GIT_DIR GIT_INDEX_FILE SIGNINGKEY".split(),
)
def test_what_is_taken_out(name: str) -> None:
    assert names({name: "x", "PATH": "/bin"}) == {"PATH"}


@pytest.mark.parametrize(
    "name",
    "PATH HOME VIRTUAL_ENV LANG PYTHONPATH PWD KEYBOARD MONKEY_PATCH TERM AUTHOR PATTERN GOPATH NODE_OPTIONS".split(),
)
def test_what_stays(name: str) -> None:
    assert names({name: "x"}) == {name}


def test_addresses_with_a_password_are_taken_out() -> None:
    held = {
        "DATABASE_URL": "postgres://ann:secret@host/db",
        "http_proxy": "http://:pw@proxy:80",
        "SITE": "http://a:80/b@c",
    }
    assert names(held) == {"SITE"}


def test_keys_of_providers_and_of_the_teams_own_server_are_taken_out_by_their_names() -> None:
    paths.config_file().write_text('[cloud.work]\napi_key_env = "WORK"\n[cloud.odd]\napi_key_env = 3\n')
    assert names({"WORK": "x", "TEAM": "y", "OTHER": "z"}, secrets=("TEAM",)) == {"OTHER"}
    paths.config_file().write_text("cloud = 3")
    assert names({"WORK": "x"}) == {"WORK"}
    paths.config_file().write_text("no toml")
    assert names({"WORK": "x"}) == {"WORK"}
