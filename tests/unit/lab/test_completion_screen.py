"""The screen, and what a typist of perfect judgement accepts."""

import importlib

import pytest

screen_module = importlib.import_module("completion_screen")


def test_a_ghost_text_shrinks_as_it_is_typed() -> None:
    screen = screen_module.Screen()
    screen.show("return total")
    screen.type("re")
    assert screen.ghost == "turn total"
    screen.type("turn total")
    assert screen.ghost == ""


def test_a_ghost_text_vanishes_when_contradicted_and_does_not_come_back() -> None:
    screen = screen_module.Screen()
    screen.show("return")
    screen.type("x")
    assert screen.ghost == ""
    screen.type("return")
    assert screen.ghost == ""


def test_a_newer_answer_takes_the_place_of_the_old_even_an_empty_one() -> None:
    screen = screen_module.Screen()
    screen.show("one")
    screen.show("two")
    assert screen.ghost == "two"
    screen.show("")
    assert screen.ghost == ""


@pytest.mark.parametrize(
    ("ghost", "accept", "taken"),
    [
        ("total(prices)", "whole", "total(prices)"),
        ("total", "whole", "total"),
        ("to", "whole", "to"),
        ("t", "whole", ""),  # less than two characters
        ("", "whole", ""),
        ("total(costs)", "whole", ""),
        ("total(prices))", "whole", ""),  # goes on where the line does not
        ("total(prices)\n\nnext", "whole", "total(prices)\n\nnext"),  # as the lines below are
        ("total(prices)\r\n\r\nnext", "whole", "total(prices)\n\nnext"),
        ("total(prices)\nother", "whole", ""),
        ("total(prices)\nother", "line", "total(prices)"),
        ("\nother", "line", ""),
        ("costs\nother", "line", ""),
    ],
)
def test_what_is_accepted(ghost: str, accept: str, taken: str) -> None:
    below = "\r\n\r\nnext_line()\r\n"
    assert screen_module.acceptable(ghost, "total(prices)", below, accept) == taken
