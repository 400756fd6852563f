"""The keys of JSON, YAML and TOML files at the first two levels, by scanners that take broken files too."""

import re
from collections.abc import Callable

from farthing.index import outline
from farthing.index.outline import Line, Section

_JSON = re.compile(
    rb'(?P<key>"(?:[^"\\\n]|\\.)*+")(?=\s*+:)|"(?:[^"\\\n]|\\.)*+"?|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?'
    rb"|(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|[^\s,:{}\[\]\"/]++",
    re.DOTALL,
)
"""Tokens. Whatever is not closed reaches to the end of its line or of the file, so that no part is tried twice."""
_YAML = re.compile(r"""("[^"]*+"\s*+|'[^']*+'\s*+|[^\s#:&*!|>{}\[\],'"%@`?-][^:#]*+):(?:\s(.*))?$""")
_YAML_BLOCK = re.compile(r"(?:[&!]\S*\s+)*[|>]")
_YAML_NODE = re.compile(r"(?:[&!]\S*\s*)*(?:#.*)?$")
_TOML_TABLE = re.compile(r"\[\[?([^\[\]]++)\]\]?\s*+(?:#.*)?$")
_TOML_KEY = re.compile(r"""((?:[\w-]++|"[^"]*+"|'[^']*+')(?:\s*\.\s*+(?:[\w-]++|"[^"]*+"|'[^']*+'))*)\s*=\s*+(.*)$""")
_TOML_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"|' + r"'[^']*+'|#.*")
_DEPTH = 2


def read_json(data: bytes) -> list[Section]:
    """Keys of the outermost object and of the objects in it; comments are allowed."""
    data = data[: outline.MAX_BYTES]
    found = _Found(data)
    containers: list[bytes] = []
    for match in _JSON.finditer(data):
        kind, depth = match.lastgroup, len(containers)
        if kind in ("key", "comma", "close"):
            found.close(depth)
        if kind == "key" and 1 <= depth <= _DEPTH and b"[" not in containers:
            found.open(depth, match)
        elif kind == "open":
            containers.append(match.group())
        elif kind == "close" and containers:
            containers.pop()
        if kind != "comma":
            found.end = match.end()
    found.close(0)
    return found.sections


class _Found:
    """Keys of a JSON text, those that are open until what ends them comes."""

    def __init__(self, data: bytes) -> None:
        self.sections: list[Section] = []
        self.end = 0
        """Byte offset after the last token."""
        self._data = data
        self._open: list[Section] = []
        self._row, self._counted = 0, 0

    def open(self, level: int, match: re.Match[bytes]) -> None:
        """A key that starts."""
        at = match.start()
        if len(self.sections) < outline.MAX_SECTIONS:
            line = self._data[at : _line_end(self._data, at)].decode("utf-8", "replace")
            name = _unquoted(match.group().decode("utf-8", "replace"))
            self._open.append(Section(level, name, at, self._at(at), line.strip().rstrip(",{[ ")))
            self.sections.append(self._open[-1])

    def close(self, level: int) -> None:
        """All keys of a level and of those further in end with the last token."""
        while self._open and self._open[-1].level >= level:
            section = self._open.pop()
            section.end, section.end_row = self.end, self._at(self.end)

    def _at(self, offset: int) -> int:
        """Row of an offset; they never go back."""
        self._row += self._data.count(b"\n", self._counted, offset)
        self._counted = offset
        return self._row


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at, at + outline.MAX_LINE)
    return min(len(data), at + outline.MAX_LINE) if end < 0 else end


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


class _Keys:
    """Sections from lines; what a line is, the language says."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self.ends: list[tuple[int, int]] = []
        self.text_end = (0, 0)

    def add(self, level: int, name: str, line: Line) -> None:
        if len(self.sections) < outline.MAX_SECTIONS:
            self.sections.append(Section(level, name, line.start, line.row, line.text.strip()))
            self.ends.append(self.text_end)

    def content(self, line: Line) -> None:
        """The line belongs to the section before it."""
        self.text_end = (line.end, line.row)

    def done(self) -> list[Section]:
        return outline.nested(self.sections, self.ends, self.text_end)


def read_yaml(data: bytes) -> list[Section]:
    """Keys without indentation and, where such a key has no value beside it, those of the next level."""
    keys = _Keys()
    inner: int | None = -1
    """Indentation of the second level: None before its first line, -1 where there is none."""
    for line in outline.lines(data):
        text = line.text.lstrip(" ")
        if not text or text.startswith(("#", "---", "...")):
            continue
        indent = len(line.text) - len(text)
        match = _YAML.match(text)
        if indent == 0:
            inner = -1
            if match:
                value = (match.group(2) or "").strip()
                inner = None if _YAML_NODE.match(value) and not _YAML_BLOCK.match(value) else -1
                keys.add(1, _unquoted(match.group(1).strip()), line)
        else:
            inner = indent if inner is None else inner
            if match and indent == inner:
                keys.add(_DEPTH, _unquoted(match.group(1).strip()), line)
        keys.content(line)
    return keys.done()


def read_toml(data: bytes) -> list[Section]:
    """Tables and, in them and before them, keys."""
    keys = _Keys()
    level = 1
    quotes = ""
    brackets = 0
    for line in outline.lines(data):
        text = line.text.strip()
        if quotes:
            quotes = "" if quotes in text else quotes
        elif brackets > 0:
            brackets += _open_brackets(text)
        elif not text or text.startswith("#"):
            continue
        elif table := _TOML_TABLE.match(text):
            keys.add(1, table.group(1).strip(), line)
            level = _DEPTH
        elif key := _TOML_KEY.match(text):
            value = key.group(2)
            keys.add(level, _unquoted(key.group(1)), line)
            quotes = next((each for each in ('"""', "'''") if value.startswith(each) and value.count(each) == 1), "")
            brackets = 0 if quotes else _open_brackets(value)
        keys.content(line)
    return keys.done()


def _open_brackets(text: str) -> int:
    bare = _TOML_STRING.sub("", text)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


READERS: dict[str, Callable[[bytes], list[Section]]] = {"json": read_json, "yaml": read_yaml, "toml": read_toml}
"""LSP language id -> reader."""
