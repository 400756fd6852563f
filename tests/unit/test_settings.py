"""What the editor may send, and that the extension declares the same settings."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.settings import CompletionSettings, EditSettings, EngineSettings, RemoteSettings, Settings, decode

MANIFEST = Path(__file__).parents[2] / "extension" / "package.json"
SECTIONS: dict[str, type] = {spec.name: get_type_hints(Settings)[spec.name] for spec in dataclasses.fields(Settings)}
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", tuple[str, ...]: "array"}
JSON_TYPES[Mapping[str, tuple[str, ...]]] = "object"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = "enabled model maxTokens maxLines prefixLines suffixLines disabledLanguages threads contextTokens idleMinutes"


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def test_nothing_sent_means_every_default() -> None:
    nothings: list[object] = [None, {}, {"completion": None}, {"completion": {}, "engine": {}}]
    for nothing in nothings:
        assert decode(nothing) == (Settings(), [])


def test_every_value_arrives() -> None:
    tree = {
        "completion": {
            "enabled": False,
            "model": "x.gguf",
            "maxTokens": 1,
            "maxLines": 100,
            "prefixLines": 4,
            "suffixLines": 0,
            "disabledLanguages": ["markdown"],
        },
        "engine": {"threads": 256, "contextTokens": 512, "idleMinutes": 1},
        "remote": {"url": "http://gpu:8000", "kind": "ollama", "model": "m", "family": "qwen", "apiKeyEnv": "KEY"},
        "edit": {
            "model": "y.gguf",
            "testCommands": {"/a": "pytest -k 'a b'", "~/b": ["npm", "test"]},
            "keepReplies": True,
            "codeActions": False,
        },
    }
    expected = Settings(
        CompletionSettings(False, "x.gguf", 1, 100, 4, 0, ("markdown",)),
        EngineSettings(256, 512, 1),
        remote=RemoteSettings("http://gpu:8000", "ollama", "m", "qwen", "KEY"),
        edit=EditSettings("y.gguf", {"/a": ("pytest", "-k", "a b"), "~/b": ("npm", "test")}, True, False),
    )
    assert decode(json.loads(json.dumps(tree))) == (expected, [])


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("completion.enabled", 1, "must be true or false"),
        ("completion.enabled", "true", "must be true or false"),
        ("completion.enabled", None, "must be true or false"),
        ("completion.model", 7, "must be a text"),
        ("completion.model", ["x"], "must be a text"),
        ("edit.model", True, "must be a text"),
        ("completion.maxTokens", 0, "must be from 1 to 1024"),
        ("completion.maxTokens", 1025, "must be from 1 to 1024"),
        ("completion.maxTokens", 9.5, "must be a whole number"),
        ("completion.maxTokens", True, "must be a whole number"),
        ("completion.maxTokens", "96", "must be a whole number"),
        ("completion.maxLines", 10**30, "must be from 1 to 100"),
        ("completion.prefixLines", 3, "must be from 4 to 1000"),
        ("completion.suffixLines", -1, "must be from 0 to 1000"),
        ("completion.disabledLanguages", "markdown", "must be a list of texts"),
        ("completion.disabledLanguages", ["markdown", 3], "must be a list of texts"),
        ("completion.disabledLanguages", {"markdown": True}, "must be a list of texts"),
        ("engine.threads", -1, "must be from 0 to 256"),
        ("engine.contextTokens", 511, "must be from 512 to 131072"),
        ("engine.idleMinutes", 0, "must be from 0.01 to 10080.0"),
        ("engine.idleMinutes", float("nan"), "must be from 0.01 to 10080.0"),
        ("engine.idleMinutes", float("inf"), "must be from 0.01 to 10080.0"),
        ("engine.idleMinutes", False, "must be a number"),
        ("engine.idleMinutes", "15", "must be a number"),
        ("remote.kind", "llama.cpp", "must be one of auto, llama-server, openai, ollama"),
        ("remote.kind", ["auto"], "must be one of auto, llama-server, openai, ollama"),
        ("remote.family", None, "must be one of auto, codestral, "),
        ("edit.testCommands", ["pytest"], "must be an object"),
        ("edit.testCommands", {"/a": ["pytest"], "/b": "a 'b"}, "has for '/b' a command that can't be split"),
        ("edit.testCommands", {"/a": ""}, "has for '/a' a command that is not a program"),
        ("edit.testCommands", {"/a\n": []}, "has for '/a\\n' a command that is not a program"),
        ("edit.testCommands", {"/a": ["pytest", 1]}, "has for '/a' a command that is not a program"),
        ("edit.testCommands", {"/a": {"command": "pytest"}}, "has for '/a' a command that is not a program"),
        ("edit.testCommands", {"/a": ["a\0b"]}, "has for '/a' a command that is not a program"),
    ],
)
def test_a_bad_value_falls_back_and_is_told(name: str, value: object, says: str) -> None:
    section, key = name.split(".")
    settings, problems = decode({section: {key: value}, "other": 1})
    assert settings == Settings()
    assert len(problems) == 1
    assert problems[0].startswith(f"farthing.{name} {says}")
    assert "; the default " in problems[0]
    assert "\n" not in problems[0]


def test_one_bad_value_leaves_the_others_alone() -> None:
    settings, problems = decode({"completion": {"maxLines": "x", "maxTokens": 5}, "engine": [], "chat": {"x": 1}})
    assert settings == Settings(completion=CompletionSettings(max_tokens=5))
    assert [problem.split()[0] for problem in problems] == ["farthing.completion.maxLines", "farthing.engine"]


@pytest.mark.parametrize("tree", ["x", 3, [], [{"completion": {}}], True])
def test_a_tree_that_is_no_object_is_told(tree: object) -> None:
    assert decode(tree) == (Settings(), ["farthing must be an object; the defaults are used"])


@given(json_values | st.fixed_dictionaries({}, optional={name: json_values for name in SECTIONS}))
def test_nothing_that_is_json_raises(tree: object) -> None:
    settings, _ = decode(tree)
    assert isinstance(settings, Settings)


@given(st.dictionaries(st.sampled_from(NAMES.split()), json_values))
def test_whatever_is_decoded_is_within_its_limits(section: dict[str, object]) -> None:
    settings, problems = decode({"completion": section, "engine": section})
    for part in (settings.completion, settings.engine):
        for spec in dataclasses.fields(part):
            value = getattr(part, spec.name)
            if spec.metadata:
                assert spec.metadata["min"] <= value <= spec.metadata["max"]
    assert all("\n" not in problem for problem in problems)


def _declared() -> dict[str, dict[str, Any]]:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    return {
        name: spec
        for group in manifest["contributes"]["configuration"]
        for name, spec in group["properties"].items()
        if not name.startswith("farthing.server.")  # these concern the extension alone
    }


def _expected(kind: Any, spec: dataclasses.Field[Any]) -> dict[str, Any]:
    if get_origin(kind) is Literal:
        return {"type": "string", "default": spec.default, "enum": list(get_args(kind))}
    default = spec.default if spec.default_factory is dataclasses.MISSING else spec.default_factory()
    default = list(default) if isinstance(default, tuple) else default
    limits = {"minimum": spec.metadata["min"], "maximum": spec.metadata["max"]} if spec.metadata else {}
    return {"type": JSON_TYPES[kind], "default": default, **limits}


def test_only_the_user_says_where_code_is_sent() -> None:
    restricted = json.loads(MANIFEST.read_text(encoding="utf-8"))["capabilities"]["untrustedWorkspaces"]
    ours = {name: spec for name, spec in _declared().items() if name.startswith("farthing.remote.")}
    assert len(ours) == len(dataclasses.fields(RemoteSettings))
    for name, spec in ours.items():
        assert spec["scope"] == "machine", name  # a repository's settings have no say in these
        assert name in restricted["restrictedConfigurations"]


def test_only_the_user_says_what_is_run_and_kept() -> None:
    restricted = json.loads(MANIFEST.read_text(encoding="utf-8"))["capabilities"]["untrustedWorkspaces"]
    for name in ("farthing.edit.testCommands", "farthing.edit.keepReplies"):
        assert _declared()[name]["scope"] == "application", name
        assert name in restricted["restrictedConfigurations"]


def test_the_extension_declares_the_same_settings() -> None:
    ours: dict[str, dict[str, Any]] = {}
    for section, cls in SECTIONS.items():
        hints = get_type_hints(cls)
        for spec in dataclasses.fields(cls):
            ours[f"farthing.{section}.{camel(spec.name)}"] = _expected(hints[spec.name], spec)
    keys = ("type", "default", "minimum", "maximum", "enum")
    theirs = {name: {key: spec[key] for key in keys if key in spec} for name, spec in _declared().items()}
    assert theirs == ours
    assert set(SECTIONS) == {spec.name for spec in dataclasses.fields(Settings)}


def test_what_the_extension_declares_by_default_is_taken_without_a_word() -> None:
    tree: dict[str, dict[str, Any]] = {}
    for name, spec in _declared().items():
        _, section, key = name.split(".")
        tree.setdefault(section, {})[key] = spec["default"]
    assert decode(tree) == (Settings(), [])
