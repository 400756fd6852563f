"""One setting chooses who completes."""

import contextlib
import subprocess
import sys

import pytest

from farthing.backends.base import FimRequest
from farthing.backends.fake import FakeBackend
from farthing.backends.select import SelectedBackend
from farthing.errors import SettingsError
from farthing.settings import RemoteSettings
from tests.support.fake_remote import FakeRemote

ASK = FimRequest("a.py", "m.gguf", "def f(", "", 20)


async def test_the_setting_decides_with_every_request() -> None:
    settings = RemoteSettings()
    local = FakeBackend(["local"])
    async with FakeRemote("llama-server") as fake, FakeRemote("ollama") as other:
        backend = SelectedBackend(local, lambda: settings)

        async def said() -> str:
            async with contextlib.aclosing(backend.stream(ASK)) as events:
                return "".join([getattr(event, "text", "") async for event in events])

        assert await said() == "local"
        settings = RemoteSettings(fake.url)
        assert (await said(), await said(), fake.connections) == ("done()", "done()", 1)
        settings = RemoteSettings(other.url)
        assert (await said(), len(other.bodies)) == ("done()", 1)
        settings = RemoteSettings(" ")
        assert await said() == "local"
        assert len(local.requests) == 2
        await backend.aclose()


async def test_a_bad_address_is_an_error_and_no_reason_to_use_the_engine() -> None:
    local = FakeBackend(["local"])
    async with contextlib.aclosing(
        SelectedBackend(local, lambda: RemoteSettings("https://api.openai.com/v1"))
    ) as chosen:
        with pytest.raises(SettingsError, match="bills"):
            await anext(chosen.stream(ASK))
    assert local.requests == []


async def test_closing_closes_the_chosen_stream() -> None:
    local = FakeBackend(["a", "b"])
    async with contextlib.aclosing(SelectedBackend(local, RemoteSettings).stream(ASK)) as events:
        await anext(events)
    assert local.given_up == 1


def test_who_completes_on_this_machine_does_not_load_the_http_library() -> None:
    code = "import sys, farthing.backends.select; print('httpx' in sys.modules, 'ssl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"
