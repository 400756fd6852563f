"""What a gateway is told, and what it says of costs."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import ChatRequest, Part, Prompt
from farthing.backends.cloud.gateway import COST, MAX_NAME, TAGS, Costs, headers
from farthing.ledger.model import MAX_MONEY

PROMPT = Prompt((Part("instruction", "why?"),))


def tags(project: str, session: int = 7) -> str:
    return headers("litellm", ChatRequest("m", PROMPT, 10, project=project, session=session))[TAGS]


def test_a_provider_itself_is_told_nothing_of_the_work() -> None:
    assert headers("", ChatRequest("m", PROMPT, 10, project="shop", session=7)) == {}


@pytest.mark.parametrize(
    ("project", "told"),
    [
        ("shop", "farthing,project:shop,session:7"),
        ("my shop", "farthing,project:my shop,session:7"),
        ("/srv/people/ann/shop/", "farthing,project:shop,session:7"),
        ("C:\\people\\ann\\shop", "farthing,project:shop,session:7"),
        ("a,b\r\nx-evil: 1", "farthing,project:a%2Cb%0D%0Ax-evil%3A 1,session:7"),
        ("größe", "farthing,project:gr%C3%B6%C3%9Fe,session:7"),
        ("", "farthing,session:7"),
        ("/", "farthing,session:7"),
    ],
)
def test_it_is_told_names_and_no_folders(project: str, told: str) -> None:
    assert tags(project) == told


def test_without_a_session_there_is_no_tag_of_one() -> None:
    assert tags("shop", 0) == "farthing,project:shop"


@given(st.text())
def test_every_name_makes_a_header_of_three_tags_at_most(project: str) -> None:
    told = tags(project)
    assert told.isascii() and told.isprintable()
    assert told.count(",") <= 2
    assert len(told) < 12 * MAX_NAME + 40


@pytest.mark.parametrize(
    "message",
    [
        {"choices": [], "usage": {"prompt_tokens": 9, "cost": 4.5e-05}},
        {"type": "message_delta", "usage": {"output_tokens": 9, "cost": 4.5e-05}},
        {"type": "response.completed", "response": {"usage": {"input_tokens": 9, "cost": 4.5e-05}}},
    ],
)
def test_the_cost_is_read_in_each_protocol(message: dict[str, Any]) -> None:
    costs = Costs("litellm")
    costs.read({"choices": [{"delta": {"content": "x"}}], "usage": None})
    costs.read(message)
    costs.read({"type": "message_stop"})
    assert costs.billed({COST: "0.5"}) == 45_000
    nobody = Costs("")
    nobody.read(message)
    assert nobody.billed({COST: "0.5"}) is None


def test_without_it_the_header_counts() -> None:
    assert Costs("litellm").billed({COST: "0.000045"}) == 45_000
    assert Costs("litellm").billed({}) is None


@pytest.mark.parametrize(
    "said", [0, 0.0, "0", -1, True, math.nan, math.inf, "inf", "much", "", [], {}, 1e300, 10**400, MAX_MONEY]
)
def test_what_makes_no_sense_is_no_cost(said: object) -> None:
    costs = Costs("litellm")
    costs.read({"usage": {"cost": said}})
    assert costs.billed({}) is None


@given(st.integers(1, MAX_MONEY // 1000))
def test_a_whole_number_of_nano_dollars_stays_it(nano: int) -> None:
    costs = Costs("litellm")
    costs.read({"usage": {"cost": nano / 1e9}})
    assert costs.billed({}) == nano
