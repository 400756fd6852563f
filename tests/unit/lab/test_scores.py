"""What a choice of context is worth to a commit."""

import math
from typing import Any, cast

import numpy as np
import pytest
import scores
from baselines import Piece, fill
from commits import Case, Wanted

EDITED = Wanted("a.py", "Cart.total", 10, 19, ((12, 13), (18, 18)))
OTHER = Wanted("b.py", "rate", 1, 4, ((2, 2),))
CALLED = Wanted("c.py", "price_of", 30, 50, ((30, 30),))


def case(*wanted: Wanted, called: tuple[Wanted, ...] = ()) -> Case:
    """A commit that changed these; the rest of it doesn't matter here."""
    return Case("repository", "commit", "query", wanted, called, cast(Any, None), [], [], {})


def test_all_changed_lines_must_be_shown() -> None:
    both = case(EDITED, OTHER)
    assert scores.recall(both, []) == 0
    assert scores.recall(both, [Piece("a.py", 10, 19, 90)]) == 0.5
    assert scores.recall(both, [Piece("a.py", 10, 17, 90)]) == 0
    assert scores.recall(both, [Piece("b.py", 10, 19, 90)]) == 0, "the lines of another file"
    assert scores.recall(both, [Piece("a.py", 12, 13, 9), Piece("b.py", 1, 4, 9), Piece("a.py", 18, 18, 9)]) == 1


def test_a_signature_shows_no_changed_line() -> None:
    assert scores.recall(case(OTHER), [Piece("b.py", 1, 4, 9, body=False)]) == 0


def test_the_need_set_adds_what_is_called() -> None:
    needed = case(EDITED, called=(CALLED,))
    body, signature = Piece("c.py", 30, 50, 99), Piece("c.py", 30, 31, 9, body=False)
    window = Piece("c.py", 35, 50, 60)
    whole = Piece("a.py", 1, 40, 200)
    assert scores.need_recall(needed, [whole]) == 0.5
    assert scores.need_recall(needed, [whole, body]) == scores.need_recall(needed, [whole, signature]) == 1
    assert scores.need_recall(needed, [whole, window]) == 0.5, "without its head it doesn't say how to call it"
    assert scores.need_recall(needed, [whole, signature], signatures=False) == 0.5
    assert scores.need_recall(needed, [whole, body], signatures=False) == 1
    assert scores.need_recall(case(EDITED), [whole]) == scores.recall(case(EDITED), [whole])


def test_tokens_are_counted_in_the_order_of_the_pieces() -> None:
    stray, first, second = Piece("z.py", 1, 9, 1000), Piece("a.py", 10, 19, 100), Piece("b.py", 1, 4, 10)
    signature = Piece("b.py", 1, 1, 5, body=False)
    both = case(EDITED, OTHER)
    assert scores.tokens_to_enough(both, [first, signature, second, stray]) == 115
    assert scores.tokens_to_enough(both, [stray, second, first]) == 1110
    assert scores.tokens_to_enough(both, [first, stray]) == math.inf
    assert scores.tokens_to_enough(both, []) == math.inf


def test_four_of_five_are_enough() -> None:
    five = [Wanted(f"{i}.py", "f", 1, 1, ((1, 1),)) for i in range(5)]
    assert scores.tokens_to_enough(case(*five), [Piece(f"{i}.py", 1, 1, 10) for i in range(5)]) == 40


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Let total() round", True),
        ("Round in Cart.total", True),
        ("Fix the totals of carts", False),
        ("Fix the Total", False),
        ("Rename subtotal and total_of", False),
        ("Cart: be exact", False),
        ("", False),
    ],
)
def test_a_message_names_a_change_by_a_word_of_its_own(message: str, expected: bool) -> None:
    assert scores.names_a_change(message, [EDITED, CALLED]) is expected


def test_an_interval_is_around_the_mean_and_narrower_with_more_commits() -> None:
    dice = np.random.default_rng(3)
    few, many = dice.normal(0.1, 0.3, 20), dice.normal(0.1, 0.3, 2000)
    for values in (few, many):
        low, high = scores.interval(values)
        assert low < values.mean() < high
    widths = [high - low for low, high in map(scores.interval, (few, many))]
    assert widths[1] == pytest.approx(2 * 1.96 * many.std() / math.sqrt(2000), rel=0.1)
    assert widths[0] > 5 * widths[1]


def test_an_interval_of_equal_values_is_a_point_and_the_same_every_time() -> None:
    assert scores.interval(np.full(8, 0.25)) == (0.25, 0.25)
    assert scores.interval(np.arange(9.0)) == scores.interval(np.arange(9.0))


def test_a_piece_that_does_not_fit_is_passed_over() -> None:
    ranked = [("a.py", 1, 1, "word " * 50), ("b.py", 1, 2, "word " * 500), ("c.py", 3, 4, "word " * 20)]
    shown = fill(ranked, 100)
    assert [piece.path for piece in shown] == ["a.py", "c.py"]
    assert sum(piece.tokens for piece in shown) <= 100
    assert all(piece.body for piece in shown)
