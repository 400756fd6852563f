"""What end points take is remembered, by the next process too, and not for ever."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import paths
from farthing.backends.cloud import abilities
from farthing.backends.cloud.abilities import KEPT, MAX_BYTES, MOST, Memory, usual
from farthing.backends.cloud.dialect import Abilities
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.providers import Provider

WORK = Provider("work", "openai", parse("https://a.example/v1", "url"), "", {})
LESS = replace(usual(WORK), stream_options=False)


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


def learnt(clock: Clock | None = None) -> Memory:
    memory = Memory(now=clock or Clock())
    memory.learn(WORK, "m", LESS)
    memory.save()
    return memory


def test_what_is_expected_of_a_kind() -> None:
    assert usual(WORK) == Abilities()
    compatible = replace(WORK, kind="openai-compatible", include_usage=False)
    assert usual(compatible) == Abilities(False, False, False)


def test_the_next_process_knows_it() -> None:
    assert learnt().of(WORK, "m") == LESS
    other = Memory(now=Clock())
    assert other.of(WORK, "m") == LESS
    assert other.of(WORK, "n") == Abilities()
    assert other.of(replace(WORK, endpoint=parse("https://b.example/v1", "url")), "m") == Abilities()
    assert other.of(replace(WORK, kind="openai-responses"), "m") == Abilities()
    assert other.of(replace(WORK, name="home"), "m") == LESS
    assert "work" not in (paths.cache_dir() / "abilities.json").read_text()


def test_it_is_forgotten_after_a_week() -> None:
    clock = Clock()
    memory = learnt(clock)
    clock.now += KEPT - 1
    assert memory.of(WORK, "m") == LESS == Memory(now=clock).of(WORK, "m")
    clock.now += 1
    assert memory.of(WORK, "m") == Abilities() == Memory(now=clock).of(WORK, "m")
    clock.now -= KEPT + 10  # and what was learnt in the future is nothing that can be known
    assert Memory(now=clock).of(WORK, "m") == Abilities()


def test_two_processes_keep_what_the_other_has_learnt() -> None:
    one, two = Memory(now=Clock()), Memory(now=Clock())
    for memory in (one, two):
        assert memory.of(WORK, "m") == Abilities()
    one.learn(WORK, "m", LESS)
    one.save()
    two.learn(WORK, "n", LESS)
    two.save()
    third = Memory(now=Clock())
    assert third.of(WORK, "m") == third.of(WORK, "n") == LESS


def test_its_size_is_bounded() -> None:
    clock = Clock()
    memory = Memory(now=clock)
    for number in range(MOST + 10):
        clock.now += 1
        memory.learn(WORK, f"m{number}", LESS)
    memory.save()
    assert memory.of(WORK, "m9") == Abilities()
    assert memory.of(WORK, "m10") == LESS
    assert len(json.loads((paths.cache_dir() / "abilities.json").read_text())) == MOST


def test_a_cache_that_tells_of_itself_is_noted_once() -> None:
    memory = Memory(now=Clock())
    memory.caches(WORK, "m")
    assert memory.of(WORK, "m").cached_counts is True
    assert memory.unsaved
    memory.save()
    memory.caches(WORK, "m")
    assert not memory.unsaved


def test_a_disk_that_takes_nothing_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    memory = Memory(tmp_path / "file" / "abilities.json")
    memory.learn(WORK, "m", LESS)
    memory.save()
    assert memory.of(WORK, "m") == LESS


@pytest.mark.parametrize(
    "text",
    ["", "[", "[]", "7", "[" * 100_000, '{"k": 1}', '{"openai https://a.example/v1 m": {"when": 1, "values": {}}}',
     '{"openai https://a.example/v1 m": {"when": 1000000000.0, "values": {"stream_options": "no"}}}',
     '{"openai https://a.example/v1 m": {"when": 1000000000.0, "values": {"telepathy": false}}}'],
)  # fmt: skip
def test_a_damaged_file_is_forgotten_and_replaced(text: str) -> None:
    file = paths.cache_dir() / "abilities.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    memory = Memory(now=Clock())
    assert memory.of(WORK, "m") == Abilities()
    memory.learn(WORK, "n", LESS)
    memory.save()
    assert Memory(now=Clock()).of(WORK, "n") == LESS


def test_a_file_that_is_too_large_is_forgotten() -> None:
    learnt()
    file = paths.cache_dir() / "abilities.json"
    file.write_text(file.read_text() + " " * MAX_BYTES)
    assert Memory(now=Clock()).of(WORK, "m") == LESS  # the rest is but blanks
    file.write_text(" " * MAX_BYTES + file.read_text())
    assert Memory(now=Clock()).of(WORK, "m") == Abilities()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.dictionaries(
    st.sampled_from(["when", "values", "stream_options", "cached_counts", "x"]), inner)))  # fmt: skip
def test_no_content_breaks_it(value: object) -> None:
    found = abilities._learnt(value)
    assert found is None or isinstance(found.values, dict)
