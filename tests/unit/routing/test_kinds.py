"""Which kind of task the user's words mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.chat_protocol import Task
from farthing.routing.alarm import is_other
from farthing.routing.kinds import kind_of, many_files
from farthing.routing.model import TaskKind


@pytest.mark.parametrize(
    ("task", "said", "kind"),
    [
        ("explain", "redesign it", "explain"),
        ("test", "", "test"),
        ("document", "", "docs"),
        ("fix", "", "debug"),
        ("ask", "What does Cart.total do?", "explain"),
        ("ask", "Review my change for mistakes", "review"),
        ("ask", "How should we structure the plug-in system?", "design"),
        ("ask", "What are the trade-offs of this architecture?", "design"),
        ("ask", "Why does the login fail with umlauts?", "debug"),
        ("edit", "Add a parameter timeout", "edit"),
        ("edit", "Return early when the list is empty", "edit"),
        ("edit", "Refactor this into two functions", "refactor"),
        ("edit", "Rename total to sum in all callers", "refactor"),
        ("edit", "Extract the parsing into a helper", "refactor"),
        ("edit", "Log the request everywhere", "refactor"),
        ("edit", "Write unit tests for the cart", "test"),
        ("edit", "Add a docstring", "docs"),
        ("edit", "Document this function", "docs"),
        ("edit", "Implement this function as its docstring says", "edit"),
        ("edit", "Fix the off by one", "debug"),
        ("edit", "Raise ValueError instead of returning None", "edit"),
        ("edit", "Redesign the storage layer", "design"),
    ],
)
def test_kinds(task: Task, said: str, kind: TaskKind) -> None:
    assert kind_of(task, said) == kind


def test_places_all_over_the_repository() -> None:
    assert many_files("Rename it in all callers")
    assert many_files("use the logger everywhere")
    assert not many_files("Rename the parameter")
    assert not many_files("Rename `a` to `b` everywhere in this function")


@given(st.sampled_from(["ask", "edit"]), st.text())
def test_any_words_mean_something(task: Task, said: str) -> None:
    assert kind_of(task, said) != "complete"


@pytest.mark.parametrize(
    ("asked", "answered", "other"),
    [
        ("gpt-5", "gpt-5-2025-08-07", False),
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001", False),
        ("claude-haiku-4-5-latest", "claude-haiku-4-5-20251001", False),
        ("openai/gpt-5", "gpt-5", False),
        ("gemini-2.5-flash", "models/gemini-2.5-flash-preview-09-2025", False),
        ("gpt-5", "", False),
        ("GPT-5", "gpt-5", False),
        ("gpt-5", "gpt-5-mini", True),
        ("gpt-5", "gpt-4o", True),
        ("claude-opus-4-5", "claude-sonnet-4-5-20250929", True),
        ("2025", "2025", False),
    ],
)
def test_whether_another_model_has_answered(asked: str, answered: str, other: bool) -> None:
    assert is_other(asked, answered) is other
