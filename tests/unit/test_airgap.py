"""Nothing leaves this machine where the user has said so. ``tests/e2e/test_air_gap.py`` watches real processes."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import airgap, paths, server
from farthing.backends.base import FimRequest
from farthing.backends.cloud import endpoint
from farthing.backends.cloud.connect import Pool
from farthing.backends.cloud.door import Door
from farthing.backends.cloud.providers import Provider
from farthing.backends.remote import address
from farthing.backends.remote.backend import RemoteBackend
from farthing.backends.remote.link import Link, Patience
from farthing.cli import doctor
from farthing.engine.models import catalogue
from farthing.engine.models.pull import pull
from farthing.errors import AirGapped, RemoteUnavailable, SettingsError
from farthing.ledger.ledger import Ledger
from farthing.settings import RemoteSettings

ELSEWHERE = ["192.0.2.1", "10.0.0.7", "fe80::1%eth0", "::ffff:192.0.2.1", "0.0.0.0", "::", "gpu.example.com", "127.1"]
HERE = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost", "LocalHost"]


@pytest.fixture
def say(farthing_home: Path) -> Callable[[str], None]:
    """Writes the user's policy."""

    def write(policy: str) -> None:
        (farthing_home / "config.toml").write_text(f'[escalation]\npolicy = "{policy}"\n')

    return write


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The names that were looked up; nobody is really asked."""
    names: list[Any] = []

    def look_up(host: Any, *more: Any, **options: Any) -> Any:
        names.append(host)
        raise socket.gaierror("nobody is asked here")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield names


def shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", "ask"),
        ("[escalation]", "ask"),
        ('[escalation]\npolicy = "auto"', "auto"),
        ('[escalation]\npolicy = "never"', "never"),
        ('[escalation]\npolicy = "Never"', "never"),
        ('[escalation]\npolicy = "nevre"', "never"),
        ("[escalation]\npolicy = false", "never"),
        ('escalation = "ask"', "never"),
        ('[escalation]\npolicy = "ask"\n[broken', "never"),
    ],
)
def test_what_can_not_be_read_is_never(farthing_home: Path, text: str, policy: str) -> None:
    paths.config_file().write_text(text)
    assert airgap.policy() == policy


def test_a_file_that_nobody_may_read_is_never(farthing_home: Path) -> None:
    paths.config_file().mkdir()
    assert airgap.closed()


def test_the_policy_of_another_file() -> None:
    assert airgap.policy({"escalation": {"policy": "never"}}) == "never"
    assert airgap.policy({}) == "ask"


@pytest.mark.parametrize("host", HERE)
def test_loopback_is_here(host: str) -> None:
    assert airgap.is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_everything_else_is_not(host: str, say: Callable[[str], None]) -> None:
    say("never")
    assert not airgap.is_loopback(host)
    with pytest.raises(AirGapped, match=r"it is not on this machine.*\. Mend it$"):
        airgap.way(f"https://{shown(host)}:8000/v1", "it", "Mend it")
    with pytest.raises(AirGapped, match="to listen on"):
        airgap.ear(host)


@given(st.ip_addresses())
def test_no_number_but_those_of_the_loopback_passes(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    assert airgap.is_loopback(str(number)) == (mapped or number).is_loopback


def test_a_name_becomes_the_number_that_is_connected_to(say: Callable[[str], None]) -> None:
    assert airgap.way("http://localhost:9000/v1", "it", "") == "http://localhost:9000/v1"
    say("never")
    assert airgap.way("http://localhost:9000/v1", "it", "") == "http://127.0.0.1:9000/v1"
    assert airgap.way("https://localhost", "it", "") == "https://127.0.0.1"
    assert airgap.way("http://[::1]:9000/v1", "it", "") == "http://[::1]:9000/v1"
    assert (airgap.ear("localhost"), airgap.ear("::1")) == ("127.0.0.1", "::1")


def test_with_another_policy_everything_passes(say: Callable[[str], None]) -> None:
    for policy in ("ask", "auto"):
        say(policy)
        assert airgap.way("https://api.example.com/v1", "it", "") == "https://api.example.com/v1"
        assert airgap.ear("0.0.0.0") == "0.0.0.0"
        airgap.refuse("that", "")


async def test_a_provider_elsewhere_is_refused_before_its_name_is_looked_up(
    say: Callable[[str], None], asked: list[Any]
) -> None:
    say("never")
    place = endpoint.parse("https://api.example.com/v1", "cloud.work.base_url")
    with pytest.raises(AirGapped, match="work is not on this machine"):
        Door("work", place, "")
    with pytest.raises(AirGapped):
        async with Pool().connected(Ledger(), Provider("work", "openai", place, "", {})):
            pass
    assert asked == []


async def test_a_door_that_is_open_already_closes(say: Callable[[str], None], asked: list[Any]) -> None:
    door = Door("work", endpoint.parse("https://api.example.com/v1", "cloud.work.base_url"), "")
    say("never")
    with pytest.raises(AirGapped):
        async with door.post("/chat/completions", {}, {}):
            pass
    await door.aclose()
    assert asked == []


@pytest.mark.parametrize("host", ["192.0.2.7", "gpu.example.com"])
async def test_a_team_server_elsewhere_is_refused_before_its_name_is_looked_up(
    host: str, say: Callable[[str], None], asked: list[Any]
) -> None:
    say("never")
    backend = RemoteBackend(RemoteSettings(f"https://{host}:8000"))
    with pytest.raises(AirGapped, match=r"Clear farthing\.remote\.url"):
        await anext(backend.stream(FimRequest("a.py", "", "def f(", "", 8)))
    await backend.aclose()
    link = Link(address.parse(f"https://{host}:8000"), "", True, Patience())
    with pytest.raises(AirGapped):
        await link.get("/v1/models")
    await link.aclose()
    assert asked == []


async def test_a_team_server_elsewhere_is_looked_for_with_another_policy(asked: list[Any]) -> None:
    with pytest.raises(RemoteUnavailable, match="there is no server of the name"):
        await address.check(address.parse("https://gpu.example.com:8000"))
    assert asked == ["gpu.example.com"]


async def test_a_team_server_on_this_machine_may_be_asked(say: Callable[[str], None], asked: list[Any]) -> None:
    say("never")
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert await address.check(address.parse(f"http://{host}:8000"))
    assert asked == []


def test_no_model_is_downloaded_and_the_way_to_bring_it_is_told(
    say: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("never")
    monkeypatch.setattr("subprocess.Popen", None)
    with pytest.raises(AirGapped) as caught:
        pull(catalogue.get("qwen2.5-coder-0.5b"), lambda at: None)
    assert str(caught.value).startswith("to download qwen2.5-coder-0.5b would leave this machine")
    assert "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf of Qwen/" in caught.value.fix
    assert str(paths.models_dir() / "qwen2.5-coder-0.5b.gguf") in caught.value.fix


def test_the_server_listens_for_this_machine_only(
    say: Callable[[str], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say("never")
    monkeypatch.setattr("farthing.logs.start", lambda level: None)
    assert server.main(["--tcp", "0.0.0.0:7007"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.endswith("Listen on 127.0.0.1\n")


@pytest.mark.parametrize(("policy", "ok"), [("never", True), ("ask", True), ("auto", True), ("nevre", False)])
def test_the_doctor_tells_the_policy(policy: str, ok: bool, say: Callable[[str], None]) -> None:
    say(policy)
    check = doctor.policy()
    assert (check.name, check.ok) == ("policy", ok)
    assert check.detail.startswith(policy if ok else "escalation.policy is none, so nothing leaves")


def test_what_is_written_is_told_apart_from_what_holds() -> None:
    with pytest.raises(SettingsError, match="Set it to one of"):
        airgap.stated({"escalation": {"policy": "sometimes"}})
