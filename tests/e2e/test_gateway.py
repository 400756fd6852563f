"""A team's gateway: LiteLLM's proxy before a server with the real model, asked in three protocols, with a ledger."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from farthing.backends.chat import Delta, Part, Prompt
from farthing.backends.cloud.connect import Pool
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.providers import Kind, Provider
from farthing.backends.metered import Finish, Job
from farthing.errors import CloudRefused, CloudTooLong
from farthing.ledger import accounts, verify
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import NANO, Usage
from tests.support import gateway
from tests.support.clearance import cleared
from tests.support.gateway import Gateway
from tests.support.processes import eventually

pytestmark = pytest.mark.model

KINDS: tuple[Kind, ...] = ("openai-compatible", "anthropic", "openai-responses")
PROJECT = "größe, of the shop"
LIST = "Count from one to one hundred, one number per line."


@dataclass(frozen=True)
class Team:
    """Whoever asks the gateway with a key of his team."""

    proxy: Gateway
    ledger: Ledger
    pool: Pool

    async def ask(
        self, kind: Kind, question: str, output: int = 24, model: str = gateway.MODEL, giving_up: bool = False
    ) -> tuple[list[str], Finish | None]:
        """The pieces of an answer, and its end; without that where it was given up at its first text."""
        place = parse(f"{self.proxy.base}/v1", "base_url")
        provider = Provider("team", kind, place, "TEAM_KEY", {"small": model}, gateway="litellm")
        prompt = Prompt((Part("system", "You are brief.", "system"), Part("instruction", question)))
        job = Job("/w", PROJECT, "ask", "small", model, cleared(prompt), output, 1)
        texts: list[str] = []
        async with (
            self.pool.connected(self.ledger, provider) as metered,
            contextlib.aclosing(metered.stream(job)) as events,
        ):
            async for event in events:
                if isinstance(event, Finish):
                    return texts, event
                assert isinstance(event, Delta)
                texts.append(event.text)
                if giving_up:
                    break
        return texts, None

    def requests(self) -> list[dict[str, Any]]:
        """What stands in our ledger."""
        with self.ledger.store.snapshot() as db:
            return [dict(accounts.request(db, id) or {}) for (id,) in db.execute("SELECT id FROM requests ORDER BY id")]

    async def spent(self, team: str, answers: int) -> list[tuple[int, int, int, str, str]]:
        """What stands in the gateway's books of a team, when they hold so many answers: tokens of input and output,
        nano-dollars, tags, and the kind of call."""
        sql = (
            "SELECT prompt_tokens, completion_tokens, spend, request_tags, call_type "
            f"""FROM "LiteLLM_SpendLogs" WHERE team_id = '{team}' AND completion_tokens > 0 ORDER BY "startTime" """
        )
        rows = await eventually(lambda: found if len(found := self.proxy.rows(sql)) >= answers else None)
        return [(int(row[0]), int(row[1]), round(float(row[2]) * NANO), row[3], row[4]) for row in rows]


@pytest.fixture
def ledger(farthing_home: Path) -> Iterator[Ledger]:
    """The user's, with the gateway's prices."""
    (farthing_home / "config.toml").write_text(
        f'[prices."team/{gateway.MODEL}"]\ninput = {gateway.INPUT_USD}\noutput = {gateway.OUTPUT_USD}\n'
    )
    found = Ledger(farthing_home / "books.sqlite", lambda workspace: Limits(cap_tokens=1_000_000))
    yield found
    assert verify.verify(found.store).differences == []
    found.close()


@pytest.fixture
async def team(
    ledger: Ledger, team_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, Team]]:
    """A team without a budget, and one of it."""
    name, key = team_gateway.team()
    monkeypatch.setenv("TEAM_KEY", key)
    async with contextlib.aclosing(Pool()) as pool:
        yield name, Team(team_gateway, ledger, pool)


def _cost(usage: Usage) -> int:
    """Nano-dollars by the gateway's prices."""
    return round(usage.input * gateway.INPUT_USD * 1000 + usage.output * gateway.OUTPUT_USD * 1000)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_streams_and_is_settled_with_its_counts(kind: Kind, team: tuple[str, Team]) -> None:
    name, user = team
    texts, finish = await user.ask(kind, LIST)
    assert finish is not None
    assert len(texts) > 5, "it came in one piece"
    assert finish.reason == "length"
    assert finish.settled
    # The server has no counts in its streams, so the gateway has its own, with another tokenizer.
    assert 12 <= finish.usage.output <= 24
    assert 10 < finish.usage.input < 60
    assert finish.cost == _cost(finish.usage)
    # With Responses it is the gateway's own name of the server that it asked.
    assert finish.model.rpartition("/")[2] == gateway.MODEL
    assert 0 < finish.first_token_ms < finish.total_ms
    (request,) = user.requests()
    assert (request["state"], request["billed"], request["money"]) == ("settled", finish.cost, finish.cost)
    ((input, output, money, tags, _),) = await user.spent(name, 1)
    assert (input, output, money) == (finish.usage.input, finish.usage.output, finish.cost)
    assert f'"farthing", "project:gr%C3%B6%C3%9Fe%2C of the shop", "session:{request["session"]}"' in tags


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_that_ends_by_itself_says_so(kind: Kind, team: tuple[str, Team]) -> None:
    _, user = team
    texts, finish = await user.ask(kind, "Answer with the one word: yes", output=200)
    assert finish is not None
    assert (finish.reason, finish.settled) == ("stop", True)
    assert "yes" in "".join(texts).lower()
    assert finish.usage.output < 200


@pytest.mark.parametrize("kind", KINDS)
async def test_one_that_is_given_up_is_charged_in_full_and_ends_at_the_server(
    kind: Kind, team: tuple[str, Team]
) -> None:
    _, user = team
    _, whole = await user.ask(kind, LIST)
    _, finish = await user.ask(kind, LIST, output=1500, giving_up=True)
    assert finish is None
    request = user.requests()[-1]
    assert (request["state"], request["output"]) == ("unsettled", 1500)
    # The server answers one after the other: this one would wait for the rest of the 1500 tokens.
    _, after = await user.ask(kind, "Answer with the one word: yes", output=8)
    assert whole is not None and after is not None
    a_token = (whole.total_ms - whole.first_token_ms) / 24
    assert after.total_ms < 1500 * a_token / 2


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_refused_costs_nothing(
    kind: Kind, team: tuple[str, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, user = team
    with pytest.raises(CloudRefused, match=r"^team .*unknown-model"):
        await user.ask(kind, "Hello", model="unknown-model")
    with pytest.raises(CloudTooLong, match=r"^the prompt is too long for the model at team"):
        await user.ask(kind, "word " * 12_000)
    monkeypatch.setenv("TEAM_KEY", "sk-of-nobody")
    with pytest.raises(CloudRefused, match=r"^team does not take the key \(401\)") as refused:
        await user.ask(kind, "Hello")
    assert "sk-of-nobody" not in str(refused.value)
    assert [(each["state"], each["charged"], each["money"] or 0) for each in user.requests()] == [("settled", 0, 0)] * 3


async def test_a_budget_that_runs_out_in_mid_session_ends_it_at_once(
    team: tuple[str, Team], team_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Virtual keys, teams and their spend are in Postgres; the counters are in Redis."""
    _, user = team
    # For some three answers; the one that is too much is refused before the server is asked.
    name, key = team_gateway.team(max_budget=3.2 * 24 * gateway.OUTPUT_USD / 1e6)
    monkeypatch.setenv("TEAM_KEY", key)
    answers: list[Finish] = []
    with pytest.raises(CloudRefused) as refused:
        for number in range(20):
            _, finish = await user.ask(KINDS[number % 3], LIST)
            assert finish is not None
            answers.append(finish)
    assert 2 <= len(answers) <= 5
    said = str(refused.value)
    assert said.startswith("the budget at team is used up: Budget has been exceeded!"), said
    assert "\n" not in said
    assert said.endswith("Ask whoever runs the gateway for more, or go on locally")
    requests = user.requests()
    assert len(requests) == len(answers) + 1, "it was sent again"
    assert [each["attempt"] for each in requests] == [1] * len(requests)
    assert (requests[-1]["state"], requests[-1]["charged"]) == ("settled", 0)
    # At the end of the day both have the same in their books.
    books = await user.spent(name, len(answers))
    ours = [(each["input"], each["output"], each["money"]) for each in requests[:-1]]
    assert sorted((input, output, money) for input, output, money, *_ in books) == sorted(ours)
    assert sum(money for _, _, money in ours) == sum(finish.cost or 0 for finish in answers)
    state = user.ledger.state("/w")
    assert state.spent == sum(finish.usage.total for finish in answers)
    # It is refused from then on, and others are not.
    with pytest.raises(CloudRefused, match=r"^the budget at team is used up"):
        await user.ask("openai-compatible", LIST)
    monkeypatch.setenv("TEAM_KEY", team_gateway.team()[1])
    _, finish = await user.ask("openai-compatible", "Hello", output=1)
    assert finish is not None
