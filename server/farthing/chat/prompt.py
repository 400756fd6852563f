"""What is said to a model in one turn: context, then the instruction."""

from collections.abc import Sequence

from farthing.backends.chat import Part
from farthing.chat.model import Instruction
from farthing.context.model import Item, Target
from farthing.context.render import render


def wording(instruction: Instruction, target: Target | None) -> str:
    """The instruction in words, for a task that needs none of the user's."""
    what = f"`{target.symbol}`" if target and target.symbol else "this code"
    said = instruction.text.strip()
    complaints = " ".join(f"Line {each.line}: {each.message}." for each in instruction.diagnostics)
    match instruction.task:
        case "fix":
            return " ".join(filter(None, [f"Fix this problem in {what}.", complaints, said]))
        case "document":
            return " ".join(
                filter(
                    None, [f"Add a documentation comment to {what} and leave its code as it is, word for word.", said]
                )
            )
        case "test":
            return " ".join(filter(None, [f"Write tests for {what} that call it and check what it does.", said]))
        case "explain":
            return " ".join(filter(None, [f"Explain what {what} does and why it is written so.", said]))
        case _:
            return said


def beside(items: Sequence[Item]) -> list[Part]:
    """What a small model is shown besides the code that it is to change: lines of no fence and no program.

    Fenced like the code itself they lead it astray: it begins its answer with them (three of four measured).
    """
    lines = []
    for item in items:
        if item.sent_before:
            continue
        text = " ".join(item.text.split()) if item.kind == "signature" else item.text
        lines += [f"# {item.path}: {line.strip()}" for line in text.splitlines() if line.strip()]
    return [Part("files", "\n".join(["For reference only, don't repeat this:", *lines]))] if lines else []


def parts(items: Sequence[Item], said: str) -> list[Part]:
    """The parts of a turn: what is shown, and what is said of it."""
    shown = render(items)
    return [*([Part("files", shown)] if shown else []), Part("instruction", said)]
