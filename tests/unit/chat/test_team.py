"""Edits and questions by a server of the team's own, in the engine's place."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from farthing.backends.chat import Delta, End, Part, Prompt
from farthing.backends.cloud.connect import Pool
from farthing.backends.fake import FakeChat
from farthing.backends.remote.chat import PATH, About, RemoteChat, SelectedChat
from farthing.chat import team
from farthing.chat.answerer import Question, Replied
from farthing.chat.models import Models
from farthing.errors import ModelNotInstalled, RemoteUnavailable
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import LocalWork
from farthing.routing.model import Features
from farthing.settings import RemoteSettings
from tests.support.fake_remote import FakeRemote
from tests.unit.backends.test_remote_chat import saying

ASK = Features("explain")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Qwen/Qwen2.5-Coder-32B-Instruct", 32.0),
        ("qwen2.5-coder:1.5b", 1.5),
        ("mixtral-8x7b-instruct-v0.1", 56.0),
        ("qwen3-coder-30b-a3b-instruct", 30.0),
        ("codellama-7b.Q4_K_M.gguf", 7.0),
        ("gpt-oss-120b", 120.0),
        ("devstral-latest", None),
        ("team/model-v2beta", None),
        ("", None),
    ],
)
def test_the_size_that_a_name_tells(name: str, size: float | None) -> None:
    assert team.billions(name) == size


@pytest.mark.parametrize(
    ("name", "form", "alone"),
    [("m-1.5b", "rewrite", True), ("m-7b", "rewrite", False), ("m-32b", "blocks", False), ("m", "rewrite", False)],
)
def test_the_format_goes_by_the_size(name: str, form: str, alone: bool) -> None:
    chat = RemoteChat(RemoteSettings("http://127.0.0.1:1"), "/w")
    found = team.answerer(chat, About(name, 6000, "host:1"), "/w", "w", lambda work: None)
    assert (found.format, found.alone, found.window, found.budget, found.tier) == (form, alone, 6000, 3000, "local")


class House:
    """A workspace whose settings can be changed."""

    def __init__(self, root: Path, pool: Pool) -> None:
        self.settings = RemoteSettings()
        self.recorded: list[LocalWork] = []
        self.server = SelectedChat(lambda: self.settings, str(root))

        async def ledger() -> Ledger:
            return Ledger()

        engine = FakeChat([Delta("here"), End("stop", "")])
        self.models = Models(
            root, root, engine, ledger, self.recorded.append, lambda: "", lambda: 4096, pool,
            server=self.server.choose,
        )  # fmt: skip

    async def answer(self, features: Features = ASK) -> tuple[str, str, Replied]:
        """What is said, why it is asked there, and the end."""
        choice = await self.models.choose(features)
        question = Question("ask", Prompt((Part("instruction", "What is 1 + 1?"),)), 50)
        text = ""
        async with contextlib.aclosing(choice.answerer.stream(question)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Replied):
                    return text, choice.reason, piece
                text += piece
        raise AssertionError("the stream ended without a Replied")


@pytest.fixture
async def house(tmp_path: Path, farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    weights = tmp_path / "weights.gguf"
    weights.write_bytes(b"GGUF")
    monkeypatch.setattr("farthing.engine.models.editing.resolve_edit", lambda setting="": weights)
    (farthing_home / "config.toml").write_text("[local]\nwatts = 100000\nusd_per_kwh = 1000\n")
    pool = Pool()
    made = House(tmp_path, pool)
    yield made
    await made.server.aclose()
    await pool.aclose()


async def test_one_setting_decides(house: House) -> None:
    async with FakeRemote("openai") as fake:
        fake.replies[PATH] = [saying("It is", " 2.")]
        assert (await house.answer())[0] == "here"
        house.settings = RemoteSettings(fake.url)
        text, reason, replied = await house.answer()
        assert (text, replied.model, replied.usage.input, replied.usage.cached) == ("It is 2.", "qwen2.5-coder", 40, 34)
        assert reason.endswith(f"; by the team's server {fake.url.removeprefix('http://')}")
        assert (await house.answer(replace(ASK, tier="local")))[0] == "It is 2."
        house.settings = RemoteSettings()
        assert (await house.answer())[0] == "here"
    ours, *theirs = house.recorded[:3]
    assert ours.cost, "energy of this machine"
    assert [(work.model, work.usage.output, work.cost) for work in theirs] == [("qwen2.5-coder", 2, 0)] * 2


async def test_no_model_is_needed_on_this_machine(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(setting: str = "") -> Path:
        raise ModelNotInstalled("there is none")

    monkeypatch.setattr("farthing.engine.models.editing.resolve_edit", none)
    async with FakeRemote("openai") as fake:
        fake.replies[PATH] = [saying("2")]
        house.settings = RemoteSettings(fake.url)
        assert (await house.answer())[0] == "2"


async def test_what_may_not_leave_the_machine_stays_with_the_engine(house: House) -> None:
    house.settings = RemoteSettings("http://127.0.0.1:1")
    assert (await house.answer(replace(ASK, privacy="local-only", private="a.py")))[0] == "here"


async def test_a_server_that_is_down_is_one_line_and_no_reason_to_use_another(house: House) -> None:
    house.settings = RemoteSettings("http://127.0.0.1:1")
    with pytest.raises(RemoteUnavailable, match=r"^nothing can be reached at 127\.0\.0\.1:1\. Check"):
        await house.answer()
    assert house.recorded == []
