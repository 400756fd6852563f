"""Systems of the benchmark of edits, with a model that says what it is told to."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from edit_cases import Case, load
from edit_folder import Folder
from edit_scores import Score, report, short_of, written
from edit_systems import Exchange, Outcome, Product, Replay, WholeFile, again, exchanges

from farthing.backends.chat import ChatRequest, Delta, End, Event, Report
from farthing.ledger.model import Usage

MODEL = Path("toy.gguf")
CASE = next(case for case in load(["branch"]) if case.id == "branch-padding")
RIGHT = "".join(CASE.reference.splitlines(keepends=True)[CASE.first - 1 : CASE.last + 3])


class Says:
    """A model that says one thing after the other."""

    def __init__(self, *replies: str) -> None:
        self._replies = list(replies)
        self.requests: list[ChatRequest] = []

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        for piece in self._replies.pop(0).splitlines(keepends=True):
            yield Delta(piece)
        yield Report(Usage(100, 7, 20))
        yield End("stop", request.model)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two modules of the package: enough to be edited, and soon indexed."""
    package = tmp_path / "rich" / "rich"
    package.mkdir(parents=True)
    (package / "padding.py").write_text(CASE.before)
    (package / "measure.py").write_text("class Measurement:\n    pass\n")
    return Folder(tmp_path, "rich", copy=False)


async def test_a_rewritten_function_is_put_where_it_was(folder: Folder) -> None:
    model = Says(RIGHT)
    outcome = await Product("farthing", MODEL, "rewrite", 2).edit(CASE, folder, model)
    assert outcome.applied and not outcome.outside and outcome.after == CASE.reference
    assert outcome.first_s is not None and outcome.prompt == 100 and 0 < outcome.output_tokens < outcome.file_tokens
    assert [(each.reply, each.output, each.cached) for each in outcome.exchanges] == [(RIGHT, 7, 20)]


async def test_what_is_said_twice_is_not_applied(folder: Folder) -> None:
    outcome = await Product("farthing", MODEL, "rewrite", 2).edit(CASE, folder, Says("def unpack(", "def unpack("))
    assert not outcome.applied and outcome.after is None and len(outcome.exchanges) == 2
    assert "breaks_syntax" in outcome.why


async def test_the_next_turn_is_timed_and_not_judged(folder: Folder) -> None:
    model = Says(RIGHT, RIGHT.replace("        if len(pad) == 1", "        # one\n        if len(pad) == 1"))
    outcome = await Product("farthing", MODEL, "rewrite", 2, "Add a comment").edit(CASE, folder, model)
    assert outcome.second_s is not None and len(outcome.exchanges) == 1 and outcome.after == CASE.reference
    assert "Add a comment" in model.requests[1].prompt.messages()[-1].text


async def test_a_block_elsewhere_is_told(folder: Folder) -> None:
    line = "from typing import cast"
    model = Says(f"rich/padding.py\n<<<<<<< SEARCH\n{_line(line)}\n=======\n{_line(line)}  # x\n>>>>>>> REPLACE\n")
    outcome = await Product("blocks", MODEL, "blocks", 1).edit(CASE, folder, model)
    assert outcome.applied and outcome.outside


def _line(start: str) -> str:
    return next(line for line in CASE.before.splitlines() if line.startswith(start[:11]))


@pytest.mark.parametrize(
    ("said", "why"),
    [(CASE.reference, ""), (CASE.before, "nothing is changed"), ("def (\n", "it breaks the syntax")],
)
async def test_a_whole_file(folder: Folder, said: str, why: str) -> None:
    outcome = await WholeFile(MODEL).edit(CASE, folder, Says(said))
    assert outcome.why == why and outcome.applied == (not why) and not outcome.outside
    assert outcome.after == (None if why else said)


async def test_replies_are_judged_again_without_a_model(folder: Folder) -> None:
    product = Product("farthing", MODEL, "rewrite", 2)
    outcome = replace(await product.edit(CASE, folder, Says("def (", RIGHT)), first_s=9.0)
    record = json.loads(json.dumps(outcome.record()))
    repeated = again(await product.edit(CASE, folder, Replay(exchanges(record))), record)
    assert repeated.after == CASE.reference and repeated.first_s == 9.0 and repeated.exchanges == outcome.exchanges


def test_a_folder_is_as_the_case_begins_and_then_as_it_was(folder: Folder) -> None:
    path = folder.root / CASE.file
    path.write_text("# another\n")
    back = folder.prepare(CASE)
    assert path.read_text() == CASE.before
    back()
    assert path.read_text() == "# another\n"


def outcome(format: str = "farthing", applied: bool = True, outside: bool = False, output: int = 10) -> Outcome:
    """Of a file of 100 tokens."""
    said = [Exchange("x", "", "stop", 50, 0, output, 1.0)]
    return Outcome(
        format, "a", "m", said, applied, "", outside, "x" if applied else None, 2.0, 3.0, 50, output, 100, None
    )


def score(wrong: str = "", lines: int = 200, **more: bool | int | str) -> Score:
    """Of a case in a file of so many lines."""
    case: Case = replace(CASE, before="\n" * lines)
    return Score(case, outcome(**more), wrong)  # type: ignore[arg-type]


def test_small_files_do_not_count_for_what_is_written() -> None:
    assert written([score(output=10), score(output=30), score(output=90, lines=20)]) == 0.2
    assert written([score(lines=149)]) is None


def test_what_is_missed_is_told() -> None:
    assert short_of([score()] * 3 + [score("no")] * 2) == []
    found = short_of([score(), score("x", applied=False, output=90), score("y", outside=True)])
    assert [line.split(",")[0] for line in found] == [
        "66.7% applied", "33.3% correct", "0.37 of the file written", "1 changed something outside of the function"
    ]  # fmt: skip
    assert short_of([]) == []


def test_the_report_has_every_format_and_what_is_wrong() -> None:
    text = report([score(), score("AssertionError", format="blocks", applied=False)], ["farthing", "blocks"])
    assert "| farthing | 1     | 1 (100%) | 1 (100%) |" in text and "- blocks branch-padding: not applied" in text
    assert report([], ["farthing"]) == "nothing was measured"
