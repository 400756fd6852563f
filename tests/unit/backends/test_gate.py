"""Everything that leaves goes through the gate."""

from pathlib import Path

import pytest

from farthing.backends.chat import Part, Prompt
from farthing.backends.gate import Gate, Piece
from farthing.context.model import Item
from farthing.context.render import render
from farthing.errors import Private
from tests.support import repositories, secret_cases
from tests.support.secret_cases import WORD, Maker

TOKEN = secret_cases.token("github personal", 3)
OTHER = Maker(4).of(WORD, 20)


def item(path: str, text: str, first: int = 1) -> Item:
    last = first + text.count("\n")
    return Item(path, "", "body", first, last, 9, "", text)


def test_every_part_of_a_prompt_is_cleared(tmp_path: Path) -> None:
    parts = [
        Part("system", f"a {TOKEN}", "system"),
        Part("tools", f"b {TOKEN}"),
        Part("history", f"c {TOKEN}", "assistant"),
        Part("files", f"d {TOKEN}"),
        Part("instruction", f"e {TOKEN}"),
    ]
    cleared = Gate(tmp_path).clear(Prompt(tuple(parts)), ())
    assert [part.text for part in cleared.prompt.parts] == [f"{letter} __REDACTED_1__" for letter in "abcde"]
    assert [(part.kind, part.role) for part in cleared.prompt.parts] == [(part.kind, part.role) for part in parts]
    assert cleared.redacted == (
        "the rules:1 github pat",
        "the prompt:1 github pat",
        "what was said:1 github pat",
        "the instruction:1 github pat",
    )


def test_findings_have_the_place_in_the_file(tmp_path: Path) -> None:
    shown = render([item("a.py", "x = 1\n\n", 10), item("src/b.py", f"y = 2\nkey = '{TOKEN}'\n", 40)])
    prompt = Prompt((Part("files", shown), Part("instruction", f"\n{TOKEN}?")))
    cleared = Gate(tmp_path).clear(prompt, [Piece("a.py", 10, 12), Piece("src/b.py", 40, 42)])
    assert cleared.redacted == ("src/b.py:41 github pat", "the instruction:2 github pat")
    assert cleared.pieces == ("a.py:10-12", "src/b.py:40-42")
    assert cleared.prompt.parts[0].text == shown.replace(TOKEN, "__REDACTED_1__")


def test_what_one_part_tells_to_be_a_secret_is_one_in_those_before(tmp_path: Path) -> None:
    prompt = Prompt((Part("history", f"I saw {OTHER}."), Part("instruction", f"password = '{OTHER}'")))
    assert OTHER not in str(Gate(tmp_path).clear(prompt, ()).prompt)


def test_a_prompt_is_the_same_byte_for_byte_in_the_next_turn(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    first = Prompt((Part("files", f"key = '{TOKEN}'"), Part("instruction", "one")))
    sent = gate.clear(first, ()).prompt
    answer = gate.clear(first, ()).restorer().feed("use __REDACTED_1__ ") + "there"
    assert TOKEN in answer
    later = Prompt((*first.parts, Part("history", answer, "assistant"), Part("instruction", f"two, k='{OTHER}9'")))
    again = gate.clear(later, ()).prompt
    assert again.parts[:2] == sent.parts
    assert again.parts[2].text == "use __REDACTED_1__ there"


def test_values_of_env_files_are_taken_out_wherever_they_stand(tmp_path: Path) -> None:
    repositories.write(tmp_path, {".env": f"KEY={OTHER}\n", "api/.env": f"KEY={OTHER[::-1]}\n"})
    prompt = Prompt((Part("instruction", f"why is {OTHER} not {OTHER[::-1]}?"),))
    assert Gate(tmp_path).clear(prompt, [Piece("api/a.py", 1, 2)]).prompt.parts[0].text == (
        "why is __REDACTED_1__ not __REDACTED_2__?"
    )


@pytest.mark.parametrize("path", [".env", "kept/a.py", "left/out.py"])
def test_what_must_stay_is_refused_by_name(tmp_path: Path, path: str) -> None:
    files = {".farthingignore": "left/", "kept/.farthing-local-only": ""}
    repositories.write(tmp_path, files)
    with pytest.raises(Private, match=path):
        Gate(tmp_path).clear(Prompt((Part("instruction", "why?"),)), [Piece("a.py", 1, 1), Piece(path, 1, 2)])


def test_a_private_key_is_refused_with_its_place(tmp_path: Path) -> None:
    shown = render([item("a/key.txt", "# ours\n" + Maker(5).pem("EC "), 7)])
    with pytest.raises(Private, match=r"a/key\.txt:8 holds a private key"):
        Gate(tmp_path).clear(Prompt((Part("files", shown),)), ())
