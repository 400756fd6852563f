"""From this machine to a model that costs: proposed, asked for, or gone on to, with the real router, ledger and a
provider in a process of its own; only the model on this machine is written down."""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from farthing.backends.chat import ChatRequest, Delta, End, Event, Report
from farthing.backends.cloud.connect import Pool
from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.model import Event as TurnEvent
from farthing.chat.model import Finished, Instruction, Started
from farthing.chat.models import Models
from farthing.errors import AirGapped, CloudUnavailable, ModelError, ModelNotInstalled, Private, SettingsError
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import LocalWork, Usage
from farthing.ledger.places import canonical
from tests.support import repositories
from tests.support.provider import SAY, Provider, provider
from tests.unit.chat.test_chat import ADD, CART, CHECKED

_T = TypeVar("_T")
BLOCK = f"{CART}\n<<<<<<< SEARCH\n{ADD}=======\n{CHECKED}>>>>>>> REPLACE\n"
TEXT = f"Refuse a count below 1. {SAY}\n{BLOCK}"
EDIT = Instruction("edit", TEXT, CART, (14, 16))
BROKEN = ["def add(self, item, count=1:\n"] * 2
PRICED = "[prices.echo]\ninput = 1\noutput = 2\n"


class Local:
    """The engine, with replies that are written down."""

    def __init__(self, replies: Sequence[str]) -> None:
        self.replies, self.asked = list(replies), list[ChatRequest]()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        self.asked.append(request)
        yield Delta(self.replies.pop(0))
        yield Report(Usage(100, 20))
        yield End("stop", "")


class House:
    """A folder, its settings, and whoever may be asked about it."""

    def __init__(self, root: Path, store: Store, home: Path, running: Provider, local: Local) -> None:
        self.root, self.home, self.running, self.local = root, home, running, local
        self.account = uuid.uuid4().hex
        self.ledger = Ledger()
        self.recorded: list[LocalWork] = []

        async def index(question: Callable[[Retrieval | None], _T]) -> _T:
            return question(Retrieval(root, store))

        async def ledger() -> Ledger:
            return self.ledger

        async def chat() -> AsyncGenerator[Chat, None]:
            pool = Pool()
            models = Models(root, root, local, ledger, self.recorded.append, lambda: "", lambda: 4096, pool)
            try:
                yield Chat(Files(root, index), models)
            finally:
                await pool.aclose()

        self.chat = contextlib.asynccontextmanager(chat)

    def configure(self, rules: str = "", model: str = "echo", more: str = PRICED) -> None:
        """Write ``config.toml``, with one provider for the tier small."""
        (self.home / "config.toml").write_text(
            f'{rules}\n[cloud.work]\nkind = "openai"\nbase_url = "{self.running.url}/{self.account}/v1"\n'
            f'api_key_env = "WORK_KEY"\nmodels = {{ small = "{model}" }}\n{more}'
        )

    def turn(self, instruction: Instruction = EDIT) -> list[TurnEvent]:
        """All of a turn."""

        async def collect() -> list[TurnEvent]:
            async with self.chat() as chat:
                return [event async for event in chat.turn("c", instruction)]

        return asyncio.run(collect())

    def spent(self) -> int:
        """Tokens of the session."""
        return self.ledger.state(canonical(self.root)).spent


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def house(tmp_path: Path, farthing_home: Path, running: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("WORK_KEY", "sk-of-nobody")
    weights = tmp_path / "weights.gguf"
    weights.write_bytes(b"GGUF")
    monkeypatch.setattr("farthing.engine.models.editing.resolve_edit", lambda setting="": weights)
    root = repositories.write(tmp_path / "repo", repositories.SHOP)
    store = repositories.indexed(root, tmp_path / "index.db")
    made = House(root, store, farthing_home, running, Local(BROKEN))
    made.configure()
    yield made
    made.ledger.close()
    store.close()


def last(events: list[TurnEvent]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def begun(events: list[TurnEvent]) -> list[tuple[str, str]]:
    return [(event.tier, event.model) for event in events if isinstance(event, Started)]


def test_a_failed_edit_is_proposed_to_a_model_that_costs_and_nothing_is_sent(house: House) -> None:
    events = house.turn()
    end = last(events)
    assert begun(events) == [("local", "weights.gguf")]
    assert (end.ending, end.escalation) == ("repeated", "small")
    assert "tokens would be sent to work (echo), at most $0.0" in end.escalation_note
    assert end.escalation_note.endswith("this machine's 2 tries took 240 tokens")
    assert house.spent() == 0
    assert house.account not in house.running.bill()


def test_who_wants_what_is_proposed_gets_it(house: House) -> None:
    house.turn()
    end = last(house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="small")))
    assert end.ending == "done"
    assert end.result and CHECKED in end.result.changes[0].after
    assert house.spent() == end.usage.total > 0


def test_what_the_rules_give_to_a_dearer_tier_is_asked_for_first(house: House) -> None:
    events = house.turn(Instruction("ask", "Review the cart for mistakes"))
    end = last(events)
    assert (end.ending, end.escalation, end.usage.total) == ("asks", "small", 0)
    assert end.message == "a review goes to small by your rules"
    assert "would be sent to work (echo), at most $" in end.escalation_note
    started = events[0]
    assert isinstance(started, Started) and started.context.items  # what would be sent is listed
    assert house.local.asked == []
    assert house.spent() == 0


def test_under_auto_it_goes_on_by_itself_and_says_what_the_first_try_took(house: House) -> None:
    house.configure('[escalation]\npolicy = "auto"')
    events = house.turn()
    end = last(events)
    assert begun(events) == [("local", "weights.gguf"), ("small", "echo")]
    assert end.ending == "done"
    assert end.result and CHECKED in end.result.changes[0].after
    assert any("2 tries took 240 tokens, then a model that costs was asked" in note for note in end.notes)
    assert house.spent() == end.usage.total > 0


@pytest.mark.parametrize(
    ("rules", "more", "said"),
    [
        ('[escalation]\npolicy = "auto"\nceiling_usd = 0.0001', PRICED, "is above your ceiling of $0.0001"),
        ('[escalation]\npolicy = "auto"', "", "nobody knows its price"),
    ],
)
def test_auto_asks_where_the_price_is_too_high_or_unknown(house: House, rules: str, more: str, said: str) -> None:
    house.configure(rules, more=more)
    events = house.turn()
    assert begun(events) == [("local", "weights.gguf")]
    assert last(events).escalation == "small"
    house.local.replies = list(BROKEN)
    asked = last(house.turn(Instruction("ask", "Review the cart for mistakes")))
    assert said in f"{asked.message} {asked.escalation_note}"
    assert house.spent() == 0


def test_who_wants_it_done_here_is_asked_even_under_auto(house: House) -> None:
    house.configure('[escalation]\npolicy = "auto"')
    events = house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="local"))
    assert begun(events) == [("local", "weights.gguf")]
    assert last(events).escalation == "small"
    assert house.spent() == 0


def test_under_never_nothing_is_proposed_nor_sent(house: House) -> None:
    house.configure('[escalation]\npolicy = "never"')
    end = last(house.turn())
    assert (end.ending, end.escalation) == ("repeated", "")
    with pytest.raises(AirGapped, match=r"nothing may leave this machine"):
        house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="small"))
    house.local.replies = ["It is fine."]
    assert last(house.turn(Instruction("ask", "Review the cart for mistakes"))).answer == "It is fine."
    assert house.spent() == 0


def test_a_repository_may_forbid_it_and_not_more(house: House) -> None:
    house.configure('[escalation]\npolicy = "auto"')
    (house.root / ".farthing.toml").write_text('[escalation]\npolicy = "never"\n')
    assert begun(house.turn()) == [("local", "weights.gguf")]
    assert house.spent() == 0


def test_settings_that_make_no_sense_keep_everything_here(house: House) -> None:
    house.configure('[escalation]\npolicy = "perhaps"')
    house.local.replies = [CHECKED]
    events = house.turn()
    assert isinstance(events[0], Started)
    assert "escalation.policy is none" in events[0].reason
    assert last(events).ending == "done"
    with pytest.raises(SettingsError):
        house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="small"))


def test_without_its_key_a_provider_is_not_gone_on_to(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORK_KEY")
    house.configure('[escalation]\npolicy = "auto"\n[routing]\nedit = "small"')
    house.local.replies = [CHECKED]
    events = house.turn()
    assert begun(events) == [("local", "weights.gguf")]
    assert isinstance(events[0], Started) and "holds no key for work" in events[0].reason


def test_without_a_model_on_this_machine_the_user_is_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(setting: str = "") -> Path:
        raise ModelNotInstalled("no model that edits is installed", "Get one")

    monkeypatch.setattr("farthing.engine.models.editing.resolve_edit", missing)
    end = last(house.turn())
    assert (end.ending, end.escalation) == ("asks", "small")
    assert "there is no model on this machine" in end.message
    (house.home / "config.toml").write_text("")
    with pytest.raises(ModelError):
        house.turn()


def test_a_session_without_room_keeps_it_here(house: House) -> None:
    house.configure('[session]\ncap_tokens = 300\n[escalation]\npolicy = "auto"')
    end = last(house.turn())
    assert (end.ending, end.escalation) == ("repeated", "")
    house.local.replies = ["It is fine."]
    events = house.turn(Instruction("ask", "Review the cart for mistakes"))
    assert isinstance(events[0], Started) and "the session has only 300 tokens left" in events[0].reason


def two(house: House, first: str, second_price: str, policy: str = "auto") -> None:
    """Two providers, of which the first one, which is the cheaper or as cheap, can't be reached."""
    tables = "".join(
        f'[cloud.{name}]\nkind = "openai"\nbase_url = "{url}"\napi_key_env = "WORK_KEY"\n'
        f'models = {{ small = "{model}" }}\n'
        for name, url, model in (("gone", first, "honest"), ("work", f"{house.running.url}/{house.account}/v1", "echo"))
    )
    prices = f'[prices."gone/honest"]\ninput = 1\noutput = 2\n[prices."work/echo"]\n{second_price}\n'
    (house.home / "config.toml").write_text(f'[escalation]\npolicy = "{policy}"\n{tables}{prices}')


@pytest.fixture
def closed() -> str:
    with contextlib.closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"


def test_a_provider_that_is_gone_is_replaced_by_one_that_is_no_dearer(house: House, closed: str) -> None:
    two(house, closed, "input = 1\noutput = 2")
    events = house.turn()
    assert begun(events) == [("local", "weights.gguf"), ("small", "honest"), ("small", "echo")]
    started = [event for event in events if isinstance(event, Started)]
    assert started[-1].reason == "gone could not answer; work is no dearer"
    assert last(events).ending == "done"


@pytest.mark.parametrize(("price", "policy"), [("input = 1\noutput = 3", "auto"), ("input = 1\noutput = 2", "ask")])
def test_it_is_not_by_a_dearer_one_nor_unasked(house: House, closed: str, price: str, policy: str) -> None:
    two(house, closed, price, policy)
    with pytest.raises(CloudUnavailable):
        house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="small" if policy == "ask" else ""))
    assert house.account not in house.running.bill()
    assert house.spent() == 0


def test_another_model_that_answers_is_told(house: House) -> None:
    end = last(house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="small")))
    assert "work was asked for echo, but another model answered: answered" in end.notes


def test_what_is_local_only_is_a_veto(house: House) -> None:
    (house.root / ".farthing.toml").write_text('[privacy]\nlocal_only = ["shop"]\n')
    house.configure('[escalation]\npolicy = "auto"')
    end = last(house.turn())
    assert (end.ending, end.escalation) == ("repeated", "")
    assert any("local-only" in note for note in end.notes)
    with pytest.raises(Private, match="local-only"):
        house.turn(Instruction("edit", TEXT, CART, (14, 16), tier="small"))
    assert house.spent() == 0


def test_what_is_local_only_and_only_near_is_left_out(house: House) -> None:
    asked = Instruction("ask", "How does the cart use `price_of`?", CART, (14, 20), tier="small")

    def shown() -> set[str]:
        started = house.turn(asked)[0]
        assert isinstance(started, Started)
        return {item.path for item in started.context.items}

    assert shown() >= {CART, "shop/prices.py"}
    (house.root / ".farthing.toml").write_text('[privacy]\nlocal_only = ["shop/prices.py"]\n')
    assert CART in (without := shown()) and "shop/prices.py" not in without
    open_ones = Instruction("ask", "How does it work?", "shop/prices.py", (1, 3), tier="small")
    with pytest.raises(Private, match=r"shop/prices.py is marked local-only"):
        house.turn(open_ones)
