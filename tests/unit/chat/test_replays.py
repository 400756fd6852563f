"""Replies that are kept, and that a new applier makes of them what the old one did."""

import json
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import paths
from farthing.chat import replays
from farthing.chat.readers import READERS, Kept
from farthing.chat.replays import Record, Replays, differences, outcome, read, replay, wanted
from farthing.edit.apply import Target, plan
from farthing.edit.model import Document
from tests.support.cli import refused, run_here

CORPUS = Path(__file__).parents[2] / "golden" / "replies"
REPLY = "<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE\n"


def record(reply: str = REPLY, text: str = "a = 1\nb = 1\n", lines: tuple[int, int] | None = None) -> Record:
    """What the chat would keep of a reply on one file."""
    draft = Record(reply, "blocks", "x.py", lines, "some-model", {"x.py": text}, (), {})
    hunks = READERS["blocks"](Kept(draft.reply, draft.path, draft.lines, draft.files, lambda name: name == "x.py"))
    statuses, after = outcome(plan(hunks, {hunk.path: Target(hunk.path, Document(text)) for hunk in hunks}))
    return replace(draft, statuses=statuses, after=after)


def kept(store: Replays) -> list[Record | None]:
    return [each for path in store.files() for _, each in read(path)]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_corpus_is_applied_as_it_was(path: Path) -> None:
    done, skipped, found = replay([path])
    assert done > 0
    assert (skipped, found) == (0, [])


def test_there_is_a_corpus() -> None:
    assert list(CORPUS.glob("*.jsonl"))


@given(st.text(), st.text(alphabet=st.characters(codec=None, categories=["L", "Cs", "Zs", "Cc"])), st.booleans())
def test_what_is_kept_is_read_again(reply: str, text: str, partial: bool) -> None:
    one = Record(
        reply, "blocks", "a ä.py", (1, 2), "m", {"a ä.py": text, "no": None}, (("p", "held"),), {"p": "0"}, partial
    )
    line = json.dumps(replays._tree(one)).encode()
    assert b"\n" not in line
    assert replays._record(line) == one


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        max_leaves=5,
    ),
    st.sampled_from(list(replays._tree(record()))),
)
def test_no_line_raises(value: object, name: str) -> None:
    tree = replays._tree(record()) | {name: value}
    found = replays._record(json.dumps(tree).encode())
    if found:
        differences(found)
    replays._record(json.dumps(value).encode())


def test_keeping_and_applying_again(farthing_home: Path) -> None:
    store = Replays()
    wide = record(lines=(1, 2))
    narrow = record(text="a = 1\na = 1\n", lines=(2, 2))
    bad = record(text="c\n")
    assert [each.statuses[0][1] for each in (wide, narrow, bad)] == ["applied", "applied", "not_found"]
    for each in (wide, narrow, bad):
        assert store.keep(each)
    assert kept(store) == [wide, narrow, bad]
    assert [differences(each) for each in (wide, narrow, bad)] == [[], [], []]
    [path] = store.files()
    assert path.parent == farthing_home / "replies"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_different_is_told() -> None:
    one = record()
    assert differences(replace(one, statuses=(("x.py", "not_found"),))) == [
        "hunk 1 was not_found in 'x.py', and is applied in 'x.py'"
    ]
    assert differences(replace(one, statuses=())) == ["0 hunks were read, and 1 are now"]
    assert differences(replace(one, after={"x.py": "0" * 64})) == ["'x.py' gets other text than it did"]
    assert differences(replace(one, after={})) == ["'x.py' gets other text than it did"]
    assert differences(replace(one, format="of tomorrow")) is None


def test_an_applier_that_changes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = record()
    monkeypatch.setitem(READERS, "blocks", lambda kept: [])
    assert differences(one) == ["1 hunks were read, and 0 are now", "'x.py' gets other text than it did"]


@pytest.mark.parametrize("name", ["../evil", "/tmp/farthing-evil", "a/../../evil", ".git/config", "", "a\0b"])
def test_a_corpus_from_elsewhere_writes_nothing_outside(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert differences(replace(record(), files={name: "evil"})) == ["its files can't be laid out"]
    assert list(tmp_path.iterdir()) == []
    assert not Path("/tmp/farthing-evil").exists()


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    store = Replays(tmp_path)
    store.keep(record())
    [path] = store.files()
    data = path.read_bytes()
    path.write_bytes(data + data[: len(data) // 2])
    store.keep(record(text="later\n"))
    assert [each and each.files["x.py"] for each in kept(store)] == ["a = 1\nb = 1\n", None, "later\n"]
    done, skipped, found = replay(store.files())
    assert (done, skipped, found) == (2, 1, [])


def test_a_file_that_is_not_as_it_was_kept_is_no_record(tmp_path: Path) -> None:
    store = Replays(tmp_path)
    store.keep(record())
    [path] = store.files()
    path.write_text(path.read_text().replace("b = 1", "b = 3"))
    assert kept(store) == [None]


def test_the_oldest_go_first(tmp_path: Path) -> None:
    store = Replays(tmp_path, most=10_000)
    for number in range(60):
        month = "2026-01" if number < 20 else "2026-02"
        assert store.keep(replace(record(), model=f"m{number}", when=f"{month}-01T00:00:00+00:00"))
        assert sum(path.stat().st_size for path in store.files()) <= 10_000
    models = [each.model for each in kept(store) if each]
    assert models == [f"m{number}" for number in range(60 - len(models), 60)]
    assert len(models) > 5
    assert [path.name for path in store.files()] == ["2026-02.jsonl"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in store.files())


def test_what_is_too_large_or_cannot_be_written_is_not_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not Replays(tmp_path / "a").keep(record(text="x" * replays.MAX_RECORD))
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").touch()
    assert not Replays(tmp_path / "file").keep(record())
    assert "can't be kept" in caplog.text
    os.symlink(tmp_path / "elsewhere", tmp_path / f"{record().when[:7]}.jsonl")
    assert not Replays(tmp_path).keep(record())
    assert not (tmp_path / "elsewhere").exists()


def test_many_at_once(tmp_path: Path) -> None:
    def keep(number: int) -> None:
        for _ in range(10):
            Replays(tmp_path).keep(replace(record(), model=f"m{number}"))

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(kept(Replays(tmp_path))) == 40
    assert None not in kept(Replays(tmp_path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("[edit]\nkeep_replies = true", True),
        ("[edit]\nkeep_replies = 1", False),
        ("edit = 3", False),
        ("?", False),
    ],
)
def test_only_who_asks_for_it_has_them_kept(text: str, expected: bool) -> None:
    paths.config_file().write_text(text)
    assert wanted() is expected
    assert wanted(True)


def replayed(*arguments: str | Path) -> tuple[int, Any]:
    ran = run_here("replay", *arguments, "--json")
    return ran.returncode, json.loads(ran.stdout)


def test_the_command() -> None:
    assert replayed() == (0, {"replayed": 0, "skipped": 0, "differences": []})
    assert "no reply is kept" in run_here("replay").stderr
    store = Replays()
    store.keep(record())
    store.keep(replace(record(), format="of tomorrow"))
    assert replayed() == (0, {"replayed": 1, "skipped": 1, "differences": []})
    store.keep(replace(record(), statuses=(("x.py", "stale"),)))
    code, found = replayed()
    assert (code, found["replayed"]) == (1, 2)
    [each] = found["differences"]
    assert each["where"] == f"{store.files()[0].name}:6"
    assert each["model"] == "some-model"
    ran = run_here("replay", store.files()[0])
    assert ran.returncode == 1
    assert "hunk 1 was stale in 'x.py', and is applied in 'x.py'" in ran.stdout
    assert "2 replies applied again, 1 differences; 1 are damaged" in ran.stderr


def test_the_command_without_such_a_file(tmp_path: Path) -> None:
    assert "there is no file" in refused(run_here("replay", tmp_path / "none.jsonl"))
