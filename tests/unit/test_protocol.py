"""The extension's copy of the protocol says the same."""

import dataclasses
import re
from pathlib import Path
from typing import get_args

import pytest

from farthing import chat_protocol, cloud_protocol, protocol

SOURCES = Path(__file__).parents[2] / "extension" / "src"
MIRRORS = ("protocol.ts", "chatProtocol.ts", "cloudProtocol.ts")
MIRROR = "".join((SOURCES / name).read_text(encoding="utf-8") for name in MIRRORS)
OURS = {**vars(protocol), **vars(chat_protocol), **vars(cloud_protocol)}
CLASSES = [value for value in OURS.values() if dataclasses.is_dataclass(value) and isinstance(value, type)]
TYPES = {"EngineState": protocol.EngineState} | {
    name: getattr(chat_protocol, name) for name in ("Task", "ChatState", "ReviewState")
}


def test_the_names_on_the_wire_are_the_same() -> None:
    theirs = dict(re.findall(r'export const (\w+) = "([^"]+)";', MIRROR))
    ours = {name: value for name, value in OURS.items() if name.isupper() and isinstance(value, str)}
    assert theirs == ours
    assert ours


@pytest.mark.parametrize("name", TYPES)
def test_the_choices_are_the_same(name: str) -> None:
    match = re.search(rf"export type {name} =([^;]+);", MIRROR)
    assert match
    assert re.findall(r'"(\w+)"', match[1]) == list(get_args(TYPES[name]))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_payloads_have_the_same_fields(cls: type) -> None:
    match = re.search(rf"export interface {cls.__name__} {{(.*?)\n}}", MIRROR, re.DOTALL)
    assert match, cls.__name__
    assert re.findall(r"readonly (\w+)\??:", match[1]) == [spec.name for spec in dataclasses.fields(cls)]


def test_no_payload_is_only_in_the_extension() -> None:
    assert set(re.findall(r"export interface (\w+)", MIRROR)) == {cls.__name__ for cls in CLASSES}


def test_names_follow_their_rule() -> None:
    assert re.fullmatch(r"farthing/[a-z]+DidChange", protocol.STATUS_DID_CHANGE)
    for request in (protocol.LIST_MODELS, protocol.PULL_MODEL, protocol.RESTART_ENGINE):
        assert re.fullmatch(r"farthing/[a-z]+[A-Z]\w+", request)
    assert protocol.ACCEPT_COMPLETION.startswith("farthing.")
