"""The cells of a context, over a memory that has llama.cpp's rules."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.kv import BATCH, SMALL_BATCH, KvCache, Prepared, finish
from farthing.engine.kv_files import SavedCells
from farthing.engine.kv_plan import LEAST_MOVED, Prompt
from farthing.engine.kv_room import DOCUMENTS, NONE, Cells
from farthing.errors import EngineError
from tests.support.fake_memory import FakeMemory

MARKER, MIDDLE = -2, -3

texts = st.lists(st.integers(0, 2), max_size=40) | st.lists(
    st.integers(0, 40).flatmap(lambda start: st.just(list(range(start, start + 20)))), max_size=4
).map(lambda runs: [token for run in runs for token in run])
prompts = st.builds(lambda before, behind: fim(before, behind), texts, texts) | texts.map(lambda text: plain(text))


def fim(before: Sequence[int], behind: Sequence[int]) -> Prompt:
    return Prompt((*before, MARKER, *behind), (MIDDLE,), len(before))


def plain(text: Sequence[int]) -> Prompt:
    return Prompt(tuple(text), (9,))


def numbers(start: int, count: int) -> tuple[int, ...]:
    return tuple(range(start, start + count))


class Desk:
    """A cache and its memory."""

    def __init__(self, size: int = 10_000, can_shift: bool = True, can_cut: bool = True) -> None:
        self.memory = FakeMemory(size, can_shift, can_cut)
        self.cache = KvCache(self.memory, size)

    def prepare(self, prompt: Prompt, document: str = "d", reserve: int = 0) -> Prepared:
        """Do it in one go; afterwards all must be as it should be."""
        self.memory.computed.clear()
        prepared = finish(self.cache.prepare(document, prompt, reserve))
        self.check(prepared.cells, prompt)
        return prepared

    def check(self, cells: Cells, prompt: Prompt) -> None:
        """The cells hold the prompt, and the cache knows what they hold."""
        wanted = [*prompt.tokens, *prompt.closing]
        assert self.memory.tokens(cells.sequence) == cells.tokens == wanted
        assert cells.prompt == len(prompt.tokens)
        assert not cells.users
        assert cells.exact <= self.memory.exact(cells.sequence)

    @property
    def computed(self) -> list[int]:
        """The tokens that the last prompt made it compute."""
        return [token for _, token in self.memory.computed]


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestTyping:
    """What a keystroke costs, and does not."""

    def test_a_keystroke_computes_what_was_typed_and_the_markers(self, desk: Desk) -> None:
        desk.prepare(fim(numbers(0, 300), numbers(1000, 200)))
        prepared = desk.prepare(fim((*numbers(0, 300), 500, 501), numbers(1000, 200)))
        assert desk.computed == [500, 501, MARKER, MIDDLE]
        assert (prepared.kept, prepared.cells.exact) == (500, 303)

    def test_so_does_deleting(self, desk: Desk) -> None:
        desk.prepare(fim(numbers(0, 300), numbers(1000, 200)))
        desk.prepare(fim(numbers(0, 290), numbers(1000, 200)))
        assert desk.computed == [MARKER, MIDDLE]

    def test_the_same_prompt_computes_its_end_alone(self, desk: Desk) -> None:
        same = fim(numbers(0, 30), numbers(1000, 20))
        desk.prepare(same)
        assert desk.prepare(same).kept == 51
        assert desk.computed == [MIDDLE]

    def test_a_window_that_slides_computes_what_comes_into_view(self, desk: Desk) -> None:
        desk.prepare(fim(numbers(0, 300), numbers(1000, 200)))
        desk.prepare(fim(numbers(64, 300), numbers(1050, 200)))
        assert desk.computed == [*numbers(300, 64), MARKER, *numbers(1200, 50), MIDDLE]

    def test_a_header_that_changes_leaves_the_rest(self, desk: Desk) -> None:
        desk.prepare(fim((*numbers(2000, 50), *numbers(0, 300)), numbers(1000, 200)))
        desk.prepare(fim((*numbers(3000, 70), *numbers(0, 300)), numbers(1000, 200)))
        assert desk.computed == [*numbers(3000, 70), MARKER, MIDDLE]

    def test_what_was_written_is_forgotten_with_the_next_prompt(self, desk: Desk) -> None:
        cells = desk.prepare(fim(numbers(0, 30), numbers(1000, 20))).cells
        finish(desk.cache.extend(cells, [70, 71]))
        assert desk.memory.tokens(cells.sequence)[-3:] == [MIDDLE, 70, 71]
        desk.prepare(fim((*numbers(0, 30), 70, 71), numbers(1000, 20)))
        assert desk.computed == [70, 71, MARKER, MIDDLE]

    def test_what_was_written_stays_where_prompts_only_grow(self, desk: Desk) -> None:
        cells = desk.prepare(plain(numbers(0, 30))).cells
        finish(desk.cache.extend(cells, [70, 71]))
        assert desk.prepare(plain((*numbers(0, 30), 9, 70, 71, 72))).kept == 33
        assert desk.computed == [72, 9]

    def test_batches_are_small_and_only_the_last_has_logits(self, desk: Desk) -> None:
        finish(desk.cache.prepare("d", plain(numbers(0, 300)), 0, SMALL_BATCH))
        assert desk.memory.batches == [64, 64, 64, 64, 44, 1]
        assert desk.memory.outputs == 1
        cells = desk.prepare(plain(numbers(0, 299))).cells
        finish(desk.cache.extend(cells, numbers(50, BATCH + 7), 3))
        assert desk.memory.batches[-2:] == [BATCH, 7]
        assert desk.memory.outputs == 3


@given(st.lists(prompts, min_size=1, max_size=6))
def test_any_prompt_may_follow_any_other(each: list[Prompt]) -> None:
    desk = Desk()
    for prompt in each:
        desk.prepare(prompt)


@given(st.lists(st.tuples(st.sampled_from("abc"), prompts), max_size=8), st.booleans(), st.booleans())
def test_documents_do_not_touch_each_other(each: list[tuple[str, Prompt]], can_shift: bool, can_cut: bool) -> None:
    desk = Desk(can_shift=can_shift, can_cut=can_cut)
    prepared = {}
    for document, prompt in each:
        prepared[document] = desk.prepare(prompt, document).cells, prompt
        in_use = [(cells, known) for cells, known in prepared.values() if cells.sequence != NONE]
        assert in_use == [prepared[document]]
        desk.check(*in_use[0])
    for document, (_, prompt) in prepared.items():
        desk.check(desk.prepare(prompt, document).cells, prompt)


@given(before=texts, new=texts, behind=texts)
def test_nothing_before_the_first_change_is_computed_and_the_marker_is(
    before: list[int], new: list[int], behind: list[int]
) -> None:
    desk = Desk()
    desk.prepare(fim(before, behind))
    prompt = fim(new, behind)
    cells = desk.prepare(prompt).cells
    same = next((i for i, (one, two) in enumerate(zip(before, new, strict=False)) if one != two), None)
    first = min(len(before), len(new)) if same is None else same
    assert all(position >= first for position, _ in desk.memory.computed)
    assert ((len(new), MARKER) in desk.memory.computed) == (before != new)
    if len(behind) >= LEAST_MOVED:
        assert all(position <= prompt.marker or token == MIDDLE for position, token in desk.memory.computed)
    # The markers saw every cell as it is now.
    values = [cell.value for cell in desk.memory.sequence(cells.sequence)]
    for at in (prompt.marker, len(values) - 1):
        assert values[at] == hash((cells.tokens[at], tuple(values[:at])))


class TestInterrupted:
    """Work that is stopped and goes on, or is given up."""

    @given(old=prompts, new=prompts, stops=st.lists(st.integers(0, 3), max_size=8))
    def test_what_was_stopped_goes_on(self, old: Prompt, new: Prompt, stops: list[int]) -> None:
        desk = Desk()
        desk.prepare(old)
        work = desk.cache.prepare("d", new, 0, 8)
        for count in stops:
            desk.memory.stops = count
            if next(work, work) is work:
                break
        desk.memory.stops = 0
        for _ in work:
            pass
        desk.prepare(new)
        assert desk.computed == list(new.closing), "something was not there"

    @given(first=prompts, second=prompts, third=prompts, steps=st.integers(0, 30), stops=st.integers(0, 2))
    def test_what_was_given_up_leaves_a_cache_for_the_next(
        self, first: Prompt, second: Prompt, third: Prompt, steps: int, stops: int
    ) -> None:
        desk = Desk()
        cells = desk.prepare(first).cells
        work = desk.cache.prepare("d", second, 0, 4)
        for step in range(steps):
            desk.memory.stops = stops * (step % 3 == 1)
            next(work, None)
        work.close()
        desk.memory.stops = 0
        assert desk.memory.tokens(cells.sequence) == cells.tokens
        assert cells.exact <= desk.memory.exact(cells.sequence)
        assert not cells.users
        assert sum(len(cell.sequences) for cell in desk.memory.cells) == len(cells.tokens), "cells were left aside"
        desk.prepare(third)

    @given(steps=st.integers(0, 20), more=st.integers(0, 3))
    def test_what_is_behind_the_cursor_is_kept_through_it(self, steps: int, more: int) -> None:
        desk = Desk()
        behind = numbers(1000, 100)
        desk.prepare(fim(numbers(0, 50), behind))
        work = desk.cache.prepare("d", fim((*numbers(0, 50), *numbers(200, 40)), behind), 0, 4)
        for _ in range(steps):
            next(work, None)
        work.close()
        desk.prepare(fim((*numbers(0, 50), *numbers(200, 40 + more)), behind))
        assert not set(desk.computed) & set(behind)

    def test_what_was_computed_before_it_was_given_up_is_kept(self, desk: Desk) -> None:
        work = desk.cache.prepare("d", fim(numbers(0, 300), numbers(1000, 100)), 0, 100)
        for _ in range(4):
            next(work)
        work.close()
        assert desk.prepare(fim(numbers(0, 300), numbers(1000, 100))).kept == 300

    def test_an_error_leaves_a_cache_for_the_next(self, desk: Desk) -> None:
        desk.prepare(fim(numbers(0, 50), numbers(1000, 100)))
        desk.memory.size = 160
        with pytest.raises(EngineError, match="status 1"):
            finish(desk.cache.prepare("d", fim(numbers(0, 200), numbers(1000, 100))))
        desk.memory.size = 10_000
        desk.prepare(fim(numbers(0, 200), numbers(1000, 100)))
        assert not set(desk.computed) & set(numbers(1000, 100))


class TestRoom:
    """Documents give way to others."""

    def test_a_document_more_costs_the_one_unused_for_longest(self, desk: Desk) -> None:
        for i in range(DOCUMENTS):
            desk.prepare(fim(numbers(0, 30), numbers(i * 100, 20)), f"{i}")
        assert desk.prepare(fim(numbers(0, 30), numbers(0, 20)), "0").kept == 51
        desk.prepare(plain((1, 2)), "new")
        assert desk.prepare(fim(numbers(0, 30), numbers(0, 20)), "0").kept == 51
        assert desk.prepare(fim(numbers(0, 30), numbers(100, 20)), "1").kept == 0

    def test_only_the_document_in_use_has_cells_and_the_others_come_back_whole(self) -> None:
        desk = Desk(size=100)
        for document in "abc":
            desk.prepare(plain(numbers(0, 29)), document)
            assert len(desk.memory.cells) == 30
        desk.prepare(plain(numbers(0, 39)), "d")
        for document in "abc":
            assert desk.prepare(plain(numbers(0, 29)), document).kept == 29
            assert desk.computed == [9]

    def test_the_one_unused_for_longest_is_forgotten_first(self) -> None:
        desk = Desk()
        for number in range(DOCUMENTS):
            desk.prepare(plain(numbers(0, 29)), f"{number}")
        desk.prepare(plain(numbers(0, 29)), "0")
        desk.prepare(plain(numbers(0, 29)), "more")
        assert desk.prepare(plain(numbers(0, 29)), "0").kept == 29
        assert desk.prepare(plain(numbers(0, 29)), "1").kept == 0

    def test_cells_that_can_not_be_kept_or_put_back_are_computed_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for broken in ("save", "load"):
            desk = Desk()
            desk.prepare(plain(numbers(0, 29)), "a")
            monkeypatch.setattr(desk.memory, broken, lambda *given: None)
            desk.prepare(plain(numbers(0, 29)), "b")
            assert desk.prepare(plain(numbers(0, 29)), "a").kept == 0

    def test_room_is_made_for_the_answer(self) -> None:
        desk = Desk(size=100)
        desk.prepare(plain(numbers(0, 29)), "a")
        cells = desk.prepare(plain(numbers(0, 29)), "b", reserve=41).cells
        finish(desk.cache.extend(cells, numbers(0, 41)))

    def test_a_prompt_longer_than_the_context_is_told(self) -> None:
        desk = Desk(size=100)
        desk.prepare(plain(numbers(0, 30)), "a")
        with pytest.raises(EngineError, match="the text is too long for the context") as caught:
            finish(desk.cache.prepare("b", plain(numbers(0, 90)), 10))
        assert caught.value.fix == "Raise farthing.engine.contextTokens"
        assert desk.prepare(plain(numbers(0, 30)), "a").kept == 30
        desk.prepare(plain(numbers(0, 89)), "b", reserve=10)

    def test_what_is_in_use_is_not_forgotten(self, desk: Desk) -> None:
        cells = desk.prepare(plain(numbers(0, 30)), "a").cells
        with desk.cache.using(cells):
            for i in range(2 * DOCUMENTS):
                desk.prepare(plain((1, 2)), f"{i}")
            assert desk.memory.tokens(cells.sequence) == cells.tokens
        assert desk.prepare(plain(numbers(0, 30)), "a").kept == 30

    def test_room_beside_what_is_paused_is_taken_first(self) -> None:
        desk = Desk(size=100)
        desk.prepare(plain(numbers(0, 29)), "unused")
        paused = desk.cache.prepare("a", plain(numbers(0, 59)), 0, 16)
        for _ in range(3):
            next(paused)
        desk.prepare(plain(numbers(0, 39)), "c")
        desk.check(finish(paused).cells, plain(numbers(0, 59)))
        assert len(desk.computed) == 40 + 28, "nothing was to be computed twice"

    def test_what_is_paused_gives_way_and_goes_on(self) -> None:
        desk = Desk(size=100)
        desk.prepare(plain(numbers(0, 20)), "a")
        paused = desk.cache.prepare("a", plain(numbers(0, 59)), 0, 16)
        for _ in range(3):
            next(paused)
        desk.prepare(plain(numbers(100, 89)), "b")
        before = len(desk.memory.computed)
        prepared = finish(paused)
        desk.check(prepared.cells, plain(numbers(0, 59)))
        assert prepared.kept == 20
        assert len(desk.memory.computed) == before + 8, "nothing was to be computed twice"

    def test_what_is_lost_is_computed_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        desk = Desk(size=100)
        desk.prepare(plain(numbers(0, 20)), "a")
        paused = desk.cache.prepare("a", plain(numbers(0, 59)), 0, 16)
        for _ in range(3):
            next(paused)
        monkeypatch.setattr(desk.memory, "save", lambda sequence: None)
        desk.prepare(plain(numbers(100, 89)), "b")
        prepared = finish(paused)
        desk.check(prepared.cells, plain(numbers(0, 59)))
        assert prepared.kept == 0

    def test_of_what_is_paused_the_first_to_begin_gives_way(self) -> None:
        desk = Desk(size=100)
        works = [desk.cache.prepare(name, plain(numbers(0, 39)), 0, 16) for name in "ab"]
        for work in works:
            for _ in range(3):
                next(work)
        desk.prepare(plain(numbers(0, 29)), "c")
        before = len(desk.memory.computed)
        desk.check(finish(works[1]).cells, plain(numbers(0, 39)))
        assert len(desk.memory.computed) == before + 8
        desk.check(finish(works[0]).cells, plain(numbers(0, 39)))
        assert len(desk.memory.computed) == before + 8 + 8

    def test_what_is_beside_the_context_does_not_give_way_in_vain(self) -> None:
        desk = Desk(size=300)
        for name in "ab":
            desk.prepare(plain(numbers(0, 99)), name)
        paused = desk.cache.prepare("c", plain(numbers(0, 199)), 0, 16)
        for _ in range(3):
            next(paused)
        desk.prepare(plain(numbers(0, 199)), "d")
        assert [desk.prepare(plain(numbers(0, 99)), name).kept for name in "ab"] == [99, 99]
        desk.check(finish(paused).cells, plain(numbers(0, 199)))

    def test_all_are_saved_that_would_not_fit_together(self) -> None:
        desk = Desk(size=100)
        for name in "abc":
            desk.prepare(plain(numbers(0, 89)), name)
        kept = [(document, len(saved.tokens)) for document, _, saved in desk.cache.saved()]
        assert kept == [("a", 89), ("b", 89), ("c", 89)]

    def test_what_gave_way_and_is_given_up_leaves_what_it_had_read(self) -> None:
        desk = Desk(size=100)
        paused = desk.cache.prepare("a", plain(numbers(0, 59)), 0, 16)
        for _ in range(3):
            next(paused)
        desk.prepare(plain(numbers(0, 89)), "b")
        paused.close()
        assert desk.prepare(plain(numbers(0, 59)), "a").kept == 32

    def test_what_is_lost_and_given_up_leaves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        desk = Desk(size=100)
        monkeypatch.setattr(desk.memory, "save", lambda sequence: None)
        paused = desk.cache.prepare("a", plain(numbers(0, 59)), 0, 16)
        for _ in range(3):
            next(paused)
        desk.prepare(plain(numbers(0, 89)), "b")
        paused.close()
        assert [document for document, _, _ in desk.cache.saved()] == ["b"]
        assert desk.prepare(plain(numbers(0, 59)), "a").kept == 0

    @pytest.mark.parametrize("lost", [False, True])
    @pytest.mark.parametrize("tokens", [[7], [7, 8, 9, 10]])
    def test_an_answer_that_gave_way_has_its_logits(
        self, tokens: list[int], lost: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Be there one token to compute or several, whose logits are all wanted."""
        desk = Desk(size=400)
        cells = desk.prepare(fim(numbers(0, 200), numbers(1000, 50)), "a").cells
        with desk.cache.using(cells):
            answer = desk.cache.extend(cells, tokens, len(tokens))
            next(answer)
            before = list(cells.tokens)
            with monkeypatch.context() as patch:
                if lost:
                    patch.setattr(desk.memory, "save", lambda sequence: None)
                desk.prepare(plain(numbers(0, 390)), "b")
            assert cells.tokens == ([] if lost else before)
            done = len(desk.memory.batches)
            finish(answer)
            assert (desk.memory.outputs, desk.memory.last) == (len(tokens), cells.sequence)
            again = [BATCH, 252 - BATCH] if lost else []
            assert desk.memory.batches[done:] == [*again, len(tokens)]
        assert desk.memory.tokens(cells.sequence)[-len(tokens) :] == tokens
        assert desk.memory.exact(cells.sequence) == cells.exact == 252 + len(tokens)
        assert desk.prepare(fim(numbers(0, 201), numbers(1000, 50)), "a").kept == 250

    def test_all_sequences_may_be_in_use(self, desk: Desk) -> None:
        works = [desk.cache.prepare(f"{i}", plain((1, 2))) for i in range(2 * DOCUMENTS)]
        for work in works:
            next(work)
        desk.prepare(plain((1, 2)), "more")
        for work in works:
            desk.check(finish(work).cells, plain((1, 2)))

    def test_another_context_takes_the_place_of_one_in_use(self, desk: Desk) -> None:
        """Nothing is computed twice, but what was just being moved."""
        desk.prepare(plain(numbers(0, 50)), "kept")
        desk.prepare(fim(numbers(0, 50), numbers(1000, 100)), "moved")
        moved = desk.cache.prepare("moved", fim(numbers(0, 90), numbers(1000, 100)), 0, 8)
        paused = desk.cache.prepare("paused", plain(numbers(500, 50)), 0, 8)
        for work in (moved, paused):
            for _ in range(3):
                next(work)
        desk.memory.computed.clear()
        desk.cache.exchange(lambda: desk.memory.exchange(20_000))
        desk.check(finish(paused).cells, plain(numbers(500, 50)))
        assert len(desk.computed) == 51 - 16
        desk.check(finish(moved).cells, fim(numbers(0, 90), numbers(1000, 100)))
        assert desk.prepare(plain(numbers(0, 50)), "kept").kept == 50
        desk.prepare(plain(numbers(0, 19_000)), "large")

    def test_a_new_document_begins_as_another_one(self, desk: Desk) -> None:
        desk.prepare(plain((*numbers(0, 40), *numbers(100, 40))), "a")
        desk.prepare(plain((*numbers(0, 60), *numbers(200, 40))), "b")
        assert desk.prepare(plain((*numbers(0, 70), 7)), "c").kept == 60
        assert desk.prepare(plain((*numbers(0, 31), 7)), "few").kept == 0
        assert desk.prepare(fim(numbers(0, 70), numbers(300, 9)), "fim").kept == 0

    def test_only_what_is_as_computed_in_one_go_is_taken_over(self, desk: Desk) -> None:
        desk.prepare(fim(numbers(0, 50), numbers(1000, 100)), "a")
        desk.prepare(fim(numbers(0, 60), numbers(1000, 100)), "a")
        tokens = (*numbers(0, 60), MARKER, *numbers(1000, 100))
        assert desk.prepare(plain(tokens), "b").kept == 61

    def test_a_memory_with_one_sequence_serves_what_is_more_urgent(self) -> None:
        desk = Desk(can_shift=False, can_cut=False)
        paused = desk.cache.prepare("a", plain(numbers(0, 59)), 0, 16)
        for _ in range(3):
            next(paused)
        desk.prepare(plain((1, 2)), "b")
        desk.check(finish(paused).cells, plain(numbers(0, 59)))

    @given(
        size=st.integers(210, 500),
        can_shift=st.booleans(),
        steps=st.lists(st.tuples(st.sampled_from("abcd"), prompts, st.integers(0, 9)), max_size=6),
        data=st.data(),
    )
    def test_work_within_work_comes_to_its_end(
        self, size: int, can_shift: bool, steps: list[tuple[str, Prompt, int]], data: st.DataObject
    ) -> None:
        """As more urgent work interrupts what is less urgent, with little room; some of it is given up."""
        desk = Desk(size, can_shift)
        under_way = []
        for document, prompt, count in steps:
            work = desk.cache.prepare(document, prompt, data.draw(st.integers(0, 40)), 16)
            under_way.append((work, prompt))
            for _ in range(count):
                if next(work, work) is work:
                    under_way.pop()
                    break
        while under_way:
            work, prompt = under_way.pop()
            if data.draw(st.booleans()):
                work.close()
            else:
                desk.check(finish(work).cells, prompt)
        for _, sequence, saved in desk.cache.saved():
            assert desk.memory.tokens(sequence) == list(saved.tokens)
        desk.prepare(plain((1, 2)), "last")
        assert sum(len(cell.sequences) for cell in desk.memory.cells) == 3

    def test_two_at_work_on_one_document_do_not_touch_each_other(self, desk: Desk) -> None:
        """As two windows that show the same file."""
        desk.prepare(fim(numbers(0, 50), numbers(1000, 100)))
        paused = desk.cache.prepare("d", fim(numbers(0, 90), numbers(1000, 100)), 0, 8)
        for _ in range(3):
            next(paused)
        desk.prepare(fim(numbers(0, 50), numbers(1050, 50)))
        desk.check(finish(paused).cells, fim(numbers(0, 90), numbers(1000, 100)))


class TestRefresh:
    """Idle time makes everything as if it was computed in one go."""

    def moved(self, desk: Desk) -> Cells:
        desk.prepare(fim(numbers(0, 300), numbers(1000, 200)))
        return desk.prepare(fim((*numbers(0, 300), 500), numbers(1000, 200))).cells

    def test_moved_cells_are_computed_anew(self, desk: Desk) -> None:
        cells = self.moved(desk)
        wanted = cells.tokens[:-1]
        assert desk.memory.exact(cells.sequence) == 302
        finish(desk.cache.refresh())
        assert desk.memory.tokens(cells.sequence) == cells.tokens == wanted
        assert desk.memory.exact(cells.sequence) == cells.exact == 502
        assert len(desk.memory.cells) == 502
        assert desk.prepare(fim((*numbers(0, 300), 500, 501), numbers(1000, 200))).kept == 501

    def test_what_was_written_is_forgotten_for_it(self, desk: Desk) -> None:
        cells = self.moved(desk)
        finish(desk.cache.extend(cells, [7, 8, 9]))
        finish(desk.cache.refresh())
        assert desk.memory.exact(cells.sequence) == len(cells.tokens) == 502

    def test_where_nothing_was_moved_nothing_is_done(self, desk: Desk) -> None:
        finish(desk.cache.refresh())
        self.moved(desk)
        finish(desk.cache.refresh())
        desk.memory.computed.clear()
        finish(desk.cache.refresh())
        assert desk.computed == []

    @given(prompts=st.lists(prompts, min_size=1, max_size=4))
    def test_everything_is_exact_afterwards(self, prompts: list[Prompt]) -> None:
        desk = Desk()
        for prompt in prompts:
            cells = desk.prepare(prompt).cells
        finish(desk.cache.refresh())
        assert desk.memory.exact(cells.sequence) >= cells.prompt
        assert desk.memory.tokens(cells.sequence) == cells.tokens
        assert sum(len(cell.sequences) for cell in desk.memory.cells) == len(cells.tokens)
        desk.prepare(prompts[-1])

    def test_it_follows_a_prompt_that_changes(self, desk: Desk) -> None:
        self.moved(desk)
        work = desk.cache.refresh()
        next(work)
        next(work)
        prompt = fim((*numbers(0, 300), 500, 501), numbers(1000, 200))
        cells = desk.prepare(prompt).cells
        finish(work)
        assert desk.memory.exact(cells.sequence) == len(desk.memory.cells) == 503

    def test_it_leaves_a_document_that_is_no_longer_the_last(self, desk: Desk) -> None:
        self.moved(desk)
        work = desk.cache.refresh()
        next(work)
        cells = desk.prepare(plain((1, 2)), "other").cells
        desk.memory.computed.clear()
        finish(work)
        assert desk.computed == []
        assert desk.memory.tokens(cells.sequence) == [1, 2, 9], "an answer to go on from was forgotten"

    def test_what_was_done_is_kept_when_it_is_given_up(self, desk: Desk) -> None:
        """A window that moved leaves much to do before the cursor, which typing does not change."""
        desk.prepare(fim(numbers(0, 300), numbers(1000, 200)))
        cells = desk.prepare(fim(numbers(64, 300), numbers(1000, 200))).cells
        assert cells.exact == 0
        work = desk.cache.refresh()
        for _ in range(3):
            next(work)
        work.close()
        assert cells.exact == desk.memory.exact(cells.sequence) == 3 * SMALL_BATCH
        prompt = fim((*numbers(64, 300), 500), numbers(1000, 200))
        desk.prepare(prompt)
        assert desk.computed == [500, MARKER, MIDDLE]
        desk.memory.computed.clear()
        finish(desk.cache.refresh())
        assert len(desk.computed) == 502 - 3 * SMALL_BATCH
        assert cells.exact == desk.memory.exact(cells.sequence) == 502

    def test_given_up_it_leaves_nothing(self, desk: Desk) -> None:
        cells = self.moved(desk)
        for steps in range(1, 5):
            work = desk.cache.refresh()
            for _ in range(steps):
                next(work, None)
            work.close()
            assert len(desk.memory.cells) == len(cells.tokens)
        assert desk.prepare(fim((*numbers(0, 300), 500), numbers(1000, 200))).kept == 502

    def test_stopped_it_goes_on(self, desk: Desk) -> None:
        cells = self.moved(desk)
        desk.memory.stops = 2
        finish(desk.cache.refresh())
        assert desk.memory.exact(cells.sequence) == 502

    def test_without_room_it_is_left_as_it_is(self) -> None:
        desk = Desk(size=513)
        cells = self.moved(desk)
        finish(desk.cache.refresh())
        assert cells.exact == 302
        desk.check(
            desk.prepare(fim((*numbers(0, 300), 500), numbers(1000, 200))).cells,
            fim((*numbers(0, 300), 500), numbers(1000, 200)),
        )

    def test_little_room_is_enough_and_costs_no_document_that_is_kept_for_the_next_engine(self) -> None:
        desk = Desk(size=530)
        for name in "ab":
            desk.prepare(plain((1, 2)), name)
        cells = self.moved(desk)
        finish(desk.cache.refresh())
        assert cells.exact == 502
        assert max(desk.memory.batches[-8:]) == 28
        assert [desk.prepare(plain((1, 2)), name).kept for name in "ab"] == [2, 2]

    def test_for_it_nothing_is_forgotten(self) -> None:
        desk = Desk(size=530)
        for name in "abce":
            desk.prepare(plain((1, 2)), name)
        cells = self.moved(desk)
        finish(desk.cache.refresh())
        assert cells.exact == 502
        assert [desk.prepare(plain((1, 2)), name).kept for name in "ecba"] == [2, 2, 2, 2]

    def test_it_does_not_touch_what_is_in_use(self, desk: Desk) -> None:
        cells = self.moved(desk)
        with desk.cache.using(cells):
            finish(desk.cache.refresh())
        assert cells.exact == 302


class TestOtherMemories:
    """Models whose cells can't be moved, or can't even be cut."""

    def test_without_shifts_the_beginning_is_kept(self) -> None:
        desk = Desk(can_shift=False)
        desk.prepare(fim(numbers(0, 30), numbers(1000, 20)))
        assert desk.prepare(fim(numbers(0, 31), numbers(1000, 20))).kept == 30
        finish(desk.cache.refresh())
        assert desk.prepare(plain((1, 2)), "other").kept == 0

    def test_what_cannot_be_cut_is_computed_again(self) -> None:
        desk = Desk(can_shift=False, can_cut=False)
        desk.prepare(fim(numbers(0, 30), numbers(1000, 20)))
        assert desk.prepare(fim(numbers(0, 31), numbers(1000, 20))).kept == 0
        assert len(desk.computed) == 53

    def test_what_only_grows_need_not_be_cut(self) -> None:
        desk = Desk(can_shift=False, can_cut=False)
        desk.prepare(plain(numbers(0, 30)))
        assert desk.prepare(plain((*numbers(0, 30), 9, 70))).kept == 31


def test_what_an_earlier_engine_kept_is_used(desk: Desk) -> None:
    old = fim(numbers(0, 30), numbers(1000, 20))
    cells = desk.prepare(old).cells
    finish(desk.cache.extend(cells, [7, 8]))
    desk.prepare(plain((1, 2)), "other")
    kept = {document: saved for document, _, saved in desk.cache.saved()}
    assert list(kept) == ["d", "other"]
    assert (kept["d"].tokens, kept["d"].tail, kept["d"].exact) == (old.tokens, 31, 51)

    later = Desk()

    def restore(document: str, sequence: int) -> SavedCells | None:
        if document in kept:
            later.memory.decode(sequence, kept[document].tokens, 0, 0)
        return kept.get(document)

    later.cache.restore = restore
    assert later.prepare(fim(numbers(0, 31), numbers(1000, 20))).kept == 50
    assert later.prepare(plain((1, 2)), "new").kept == 0
