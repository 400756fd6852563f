"""What is sent again in a conversation."""

from hypothesis import given
from hypothesis import strategies as st

from farthing.context.model import Context, Item
from farthing.context.render import render
from farthing.context.turns import CHANGED, Memory


def _item(symbol: str, text: str, path: str = "a.py", kind: str = "body") -> Item:
    return Item(path, symbol, "signature" if kind == "signature" else "body", 1, 1, 10, "called", text)


def _context(*items: Item) -> Context:
    return Context(items, None, 100)


def test_what_stays_is_not_sent_again() -> None:
    first = Memory().mark(_context(_item("f", "1\n"), _item("g", "2\n")))
    assert first.tokens == 20
    second = Memory().after(first).mark(_context(_item("f", "1\n"), _item("g", "3\n"), _item("h", "4\n")))
    assert [item.sent_before for item in second.items] == [True, False, False]
    assert [item.reason for item in second.items] == ["called", f"called; {CHANGED}", "called"]
    assert second.tokens == 20


def test_what_changed_back_is_sent_again() -> None:
    memory = Memory()
    for text in ("1\n", "2\n"):
        memory = memory.after(memory.mark(_context(_item("f", text))))
    assert not memory.knows(_item("f", "1\n"))
    assert memory.knows(_item("f", "2\n"))


def test_a_class_is_forgotten_when_a_method_of_it_changed() -> None:
    memory = Memory().after(_context(_item("C", "def f 1\ndef g 1\n")))
    memory = memory.after(memory.mark(_context(_item("C.f", "def f 2\n"))))
    assert not memory.knows(_item("C", "def f 1\ndef g 1\n"))


def test_a_preview_changes_nothing() -> None:
    memory = Memory()
    assert memory.mark(_context(_item("f", "1\n"))) == memory.mark(_context(_item("f", "1\n")))
    assert memory == Memory()


_versions = st.tuples(st.sampled_from("fg"), st.integers(0, 2))
_turn = st.tuples(st.fixed_dictionaries({"f": st.integers(0, 2), "g": st.integers(0, 2)}),
                  st.lists(st.sampled_from(["C", "C.f", "C.g", "sig"]), unique=True, max_size=4))  # fmt: skip


@given(st.lists(_turn, max_size=8))
def test_after_any_turns_the_model_sees_the_last_version_of_all_that_was_wanted(
    turns: list[tuple[dict[str, int], list[str]]],
) -> None:
    memory = Memory()
    seen: dict[str, str] = {}  # method or signature -> what the model saw of it last
    for now, names in turns:
        texts = {name: f"def {name}: {version}\n" for name, version in now.items()}
        bodies = {"C": texts["f"] + texts["g"], "C.f": texts["f"], "C.g": texts["g"]}
        items = [
            _item("C.f", f"f({now['f']})\n", kind="signature") if name == "sig" else _item(name, bodies[name])
            for name in names
        ]
        context = memory.mark(_context(*items))
        for item in context.items:
            if not item.sent_before:
                parts = {"sig": item.text} if item.kind == "signature" else _parts(item, texts)
                seen |= parts
        for item in context.items:
            wanted = {"sig": item.text} if item.kind == "signature" else _parts(item, texts)
            assert wanted.items() <= seen.items()
        memory = memory.after(context)
        # Asked for the same again, nothing is sent.
        if not {"C", "C.f"} <= set(names):
            assert memory.mark(_context(*items)).tokens == 0


def _parts(item: Item, texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text in item.text}


def test_only_what_is_new_is_rendered() -> None:
    memory = Memory().after(_context(_item("f", "1\n"), _item("g", "2\n")))
    context = memory.mark(_context(_item("f", "1\n"), _item("g", "3\n")))
    assert render(context.items) == "a.py:1-1, as it is now\n```\n3\n```"
