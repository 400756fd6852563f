"""Which servers may be sent code."""

import ipaddress
import socket

import pytest

from farthing.backends.remote.address import Address, check, is_private, parse
from farthing.errors import RemoteUnavailable, SettingsError


@pytest.mark.parametrize(
    ("text", "base", "shown"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
        (" http://LocalHost:8080/v1/ ", "http://localhost:8080", "localhost:8080"),
        ("http://[::1]:11434", "http://[::1]:11434", "[::1]:11434"),
        ("http://10.1.2.3", "http://10.1.2.3:80", "10.1.2.3:80"),
        ("https://llm.example.org/team/v1", "https://llm.example.org:443/team", "llm.example.org:443"),
        ("https://example.org.", "https://example.org:443", "example.org:443"),
    ],
)
def test_addresses(text: str, base: str, shown: str) -> None:
    address = parse(text)
    assert (address.base, str(address)) == (base, shown)


@pytest.mark.parametrize(
    "text",
    """localhost:8080 ftp://x http:// http://:80 http://x:y http://x:99999 http://a\\b http://a%2eb http://[::1
    http://x/?key=1 http://x/#y http://me:secret@x http://me@x unix:/x file:///x http://a/b\\c""".split(),
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text)
    assert caught.value.fix
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    """api.openai.com API.OpenAI.com. api.anthropic.com openrouter.ai api.mistral.ai codestral.mistral.ai ollama.com
    generativelanguage.googleapis.com team.openai.azure.com bedrock-runtime.us-east-1.amazonaws.com api.groq.com
    router.huggingface.co api.x.ai api.deepseek.com integrate.api.nvidia.com""".split(),
)
def test_servers_that_bill_are_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="bills"):
        parse(f"https://{host}/v1")


@pytest.mark.parametrize("host", ["notopenai.com", "ec2-1.compute.amazonaws.com", "max.ai", "openai.com.example.org"])
def test_servers_that_do_not_are_not(host: str) -> None:
    assert parse(f"https://{host}").host == host


@pytest.mark.parametrize(
    "number", "127.0.0.1 10.0.0.1 192.168.1.1 172.16.0.1 100.64.0.1 169.254.1.1 ::1 fd00::1".split()
)
def test_private(number: str) -> None:
    assert is_private(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "224.0.0.1"])
def test_not_private(number: str) -> None:
    assert not is_private(ipaddress.ip_address(number))
    shown = f"[{number}]" if ":" in number else number
    with pytest.raises(SettingsError, match="unencrypted"):
        parse(f"http://{shown}:80")
    assert parse(f"https://{shown}").secure


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names lead to."""
    known: dict[str, list[str]] = {}

    def resolve(host: str, port: int, *_args: object, **_more: object) -> list[tuple[object, ...]]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


async def test_names_are_judged_by_where_they_lead(names: dict[str, list[str]]) -> None:
    names.update({"gpu": ["10.0.0.7", "fe80::1%eth0"], "mixed": ["10.0.0.7", "8.8.8.8"], "far": ["8.8.8.8"]})
    assert await check(parse("http://gpu:8000"))
    assert not await check(parse("https://far"))
    for name in ("mixed", "far"):
        with pytest.raises(SettingsError, match="unencrypted"):
            await check(parse(f"http://{name}:8000"))
    with pytest.raises(RemoteUnavailable, match="no server of the name nowhere"):
        await check(parse("http://nowhere"))


async def test_numbers_need_no_look_up() -> None:
    assert await check(Address("http://127.0.0.1:1", "127.0.0.1", 1, False))
