"""Secrets that have no form of their own, by what stands around them: names that they are given to, addresses, blocks.

A detector knows the tokens of providers by their form. A password in a setting has none: it is taken for one where a
name says so and the value looks as if nobody had thought of it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

Found = tuple[int, int, str]
"""Start, end and kind."""

PRIVATE_KEY = "private key"

LEAST = 8
"""Characters of a value that is looked at."""

_NAME = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|dsn"
    r"|(?:api|access|secret|private|encryption|signing|auth|service|account|master|client|license|session|deploy"
    r"|storage|shared|recaptcha|database|db)[_-]?key)"
)
_ASSIGNED = re.compile(
    rf"""{_NAME}(?:[_-]?(?:value|string|base|text|id|hex|b64|base64|\d{{1,2}})){{0,2}}["'`]?\]?\s{{0,8}}"""
    r"""(?::\s{0,8}[\w.\[\]| ?]{1,40}=|:=|=>|[=:])\s{0,8}"""
    r"""(?:[rbfu@]{0,2}(?P<quote>["'`])(?P<quoted>[^"'`\s]{8,512})(?P=quote)|(?P<plain>[^\s"'`,;(){}\[\]<>]{8,512}))""",
    re.IGNORECASE,
)
_HINT = re.compile(r"pass|pwd|secret|token|credential|dsn|key")
"""In lower case; only lines that hold one of these are looked at for :data:`_ASSIGNED`, which takes far longer."""

_LINE_OF_ENV = re.compile(r"""^[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=[ \t]*(["']?)(?P<value>[^\s"'#]+)\1""", re.M)
_ADDRESS = re.compile(r"://[^\s/:@\"'`<>]{0,80}:(?P<secret>[^\s/@\"'`<>]{4,200})@")
_KEY_ID = re.compile(r"A(?:KIA|SIA|ROA|IDA)[A-Z2-7]{16}(?![A-Za-z0-9])")
_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[^-]|-(?!----)){0,20000})")
_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/=]{40}")
_LINES_BEFORE = 200
"""Characters before the end of a block in which a line of it would stand."""

_ENV_FILE = re.compile(r"(^|/)(\.env(\.[^/]*)?|[^/]*\.env|\.?envrc)$", re.IGNORECASE)
_PLAIN_VALUES = re.compile(
    r"(^|/)[^/]*\.(ya?ml|toml|ini|cfg|conf|properties|env|sh|bash|zsh|tfvars|txt|md|rst)(\.\w+)?$|(^|/)(dockerfile|\.env)",
    re.IGNORECASE,
)

_PLACEHOLDER = re.compile(
    r"(?<![a-z0-9])(?:your|my|example|change_?me|placeholder|dummy|redacted|insert|replace|todo|sample|fake)(?![a-z0-9])"
    r"|(?:example|example_?key)$|xxxx|\*\*\*|\.\.\.|(.)\1{7}|abcdefgh|12345678|<[^>]+>|[{}]|%\(|\$\(",
    re.IGNORECASE,
)
_TRIVIAL = frozenset(
    "password passwd pass secret token user username root admin test tests testing postgres mysql guest default local "
    "localhost none null true false changeme hunter2 foobar example demo".split()
)
_WORDS = re.compile(r"[A-Za-z]?(?:[._:/-]{0,2}(?:[A-Z]{2,}|[A-Z]?[a-z]{2,}))+[._-]?\d{0,2}")
"""Names and paths as people write them; a number of two digits may follow."""


def found(text: str, path: str = "") -> Iterator[Found]:
    """What is a secret by its surroundings; may overlap."""
    yield from _blocks(text)
    for match in _ADDRESS.finditer(text):
        if not is_harmless(match["secret"]):
            yield *match.span("secret"), "password in an address"
    for match in _KEY_ID.finditer(text):
        if not text[match.start() - 1 : match.start()].isalnum():
            yield *match.span(), "aws access key id"
    yield from _assigned(text, not path or _PLAIN_VALUES.search(path) is not None)
    if _ENV_FILE.search(path):
        yield from ((*match.span("value"), "value of .env") for match in _env(text))


def _blocks(text: str) -> Iterator[Found]:
    if "PRIVATE KEY" not in text:
        return
    for match in _BLOCK.finditer(text):
        if _BODY.search(match["body"]):
            yield match.start(), match.end(), PRIVATE_KEY
    for match in _BLOCK_END.finditer(text):  # its beginning may not be shown
        start = max(0, match.start() - _LINES_BEFORE)
        if _BODY.search(text, start, match.start()):
            yield start, match.end(), PRIVATE_KEY


def _assigned(text: str, plain_too: bool) -> Iterator[Found]:
    small = text.lower()
    same = len(small) == len(text)  # a few letters grow when they are made small
    done = 0
    for hint in _HINT.finditer(small) if same else re.finditer("(?i:" + _HINT.pattern + ")", text):
        if hint.start() < done:
            continue
        begin, end = text.rfind("\n", 0, hint.start()) + 1, text.find("\n", hint.end())
        done = len(text) if end < 0 else end
        for match in _ASSIGNED.finditer(text, begin, done):
            group = "quoted" if match["quoted"] else "plain"
            if (group == "quoted" or plain_too) and is_random(match[group]):
                yield *match.span(group), "assigned secret"


def env_values(text: str) -> list[str]:
    """What the file ``.env`` keeps from others."""
    return list(dict.fromkeys(match["value"] for match in _env(text) if is_random(match["value"])))


def is_harmless(value: str) -> bool:
    """Whether a value stands for one, or is what everybody writes in examples."""
    return value.lower() in _TRIVIAL or _PLACEHOLDER.search(value) is not None


def is_random(value: str) -> bool:
    """Whether a value looks as if nobody had thought of it: letters and digits in disorder."""
    if len(value) < LEAST or is_harmless(value) or _WORDS.fullmatch(value):
        return False
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    if not letters or not digits or "://" in value:
        return False
    return _entropy(value) >= min(3.0, 0.85 * math.log2(len(value)))


def _env(text: str) -> Iterator[re.Match[str]]:
    for match in _LINE_OF_ENV.finditer(text):
        if len(match["value"]) >= LEAST and not is_harmless(match["value"]):
            yield match


def _entropy(value: str) -> float:
    """Bits for each character, by how often each occurs."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
