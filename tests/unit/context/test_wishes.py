"""What an instruction asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.context import wishes
from farthing.privacy.names import is_secret


@pytest.mark.parametrize(
    "text",
    ["add a function that parses dates", "write a new helper", "create an async method called run", "add a Cart class",
     "add tests for it", "add a `total` method", "introduce a constant for the limit", "Create a file for this"],
)  # fmt: skip
def test_something_new(text: str) -> None:
    assert wishes.wants_new(text)


@pytest.mark.parametrize(
    "text",
    ["add a docstring to the function", "add a function docstring", "make the method static",
     "add a guard to function f", "add type hints", "rename the class", "add a file argument", "implement the method",
     "fix it", "add test coverage"],
)  # fmt: skip
def test_nothing_new(text: str) -> None:
    assert not wishes.wants_new(text)


@pytest.mark.parametrize(
    "text", ["write a test for it", "add unit tests", "add a regression test that fails", "test `f`"]
)
def test_tests(text: str) -> None:
    assert wishes.wants_test(text)


@pytest.mark.parametrize("text", ["add a guard so that the tests pass", "add a test parameter", "fix the test", "test"])
def test_no_tests(text: str) -> None:
    assert not wishes.wants_test(text)


@pytest.mark.parametrize(
    "text", ["undo my change", "it broke", "do it as it was before my edits", "why the regression?"]
)
def test_changes(text: str) -> None:
    assert wishes.about_changes(text)
    assert not wishes.about_changes("change the name")


@given(st.text(max_size=400))
def test_any_text_is_understood_in_time(text: str) -> None:
    for ask in (wishes.wants_new, wishes.wants_file, wishes.wants_test, wishes.about_changes):
        assert ask(text) in (True, False)


@pytest.mark.parametrize(
    "path", [".env", "a/.env.local", "id_rsa", "certs/site.pem", ".aws/credentials", "secrets.yaml", "x/prod.tfvars"]
)
def test_secret_files(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path", [".env.example", "a/secrets.py", "environment.py", "id_rsa.pub", "monkey.py", "a.env.ts"]
)
def test_other_files(path: str) -> None:
    assert not is_secret(path)
