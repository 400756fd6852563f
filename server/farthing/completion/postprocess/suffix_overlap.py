"""The model often writes what stands behind the cursor already."""

from farthing.completion.context import Context


def drop_suffix_overlap(text: str, context: Context) -> str:
    """Cut the end of the answer where it repeats the rest of the cursor's line, or the start of the lines below.

    ``print(|)`` answered with ``value)`` becomes ``value``; answered with ``len(value)`` it stays.
    """
    rest = context.line_after.strip()
    if rest:
        # What the answer says after the rest of the line has no place: an insertion ends before that rest.
        for answer in (text.partition("\n")[0], text):
            shorter = _without(answer.rstrip(), rest, context.line_before)
            if shorter is not None:
                return shorter
        return text
    lines, below = text.rstrip().split("\n"), [line.strip() for line in context.suffix.split("\n")[1:] if line.strip()]
    for count in range(min(len(lines) - 1, len(below)), 0, -1):
        if [line.strip() for line in lines[-count:]] == below[:count]:
            return "\n".join(lines[:-count])
    return text


def _without(answer: str, rest: str, before: str) -> str | None:
    """The answer without the rest, or without a first part of it that is punctuation; None if it ends otherwise."""
    spare = _spare_brackets(answer, rest, before)
    for size in range(min(len(rest), len(answer)), 0, -1):
        part = rest[:size]
        whole = size == len(rest) or not any(each.isalnum() for each in part)
        if whole and answer.endswith(part) and (part[0] not in ")]}" or _unmatched(part)[0] <= spare):
            return answer[:-size]
    return None


def _spare_brackets(answer: str, rest: str, before: str) -> int:
    """Closing brackets of the answer that close nothing: neither what it opened nor what the line before it did."""
    closing = _unmatched(answer)[0]
    return min(closing, closing + _unmatched(rest)[0] - _unmatched(before)[1])


def _unmatched(text: str) -> tuple[int, int]:
    """Closing brackets that nothing opened, and opening ones that nothing closed; those in strings don't count."""
    closing, opening, quote, previous = 0, 0, "", ""
    for character in text:
        if quote:
            if character == "\n" or (character == quote and previous != "\\"):
                quote = ""
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            opening += 1
        elif character in ")]}" and opening:
            opening -= 1
        elif character in ")]}":
            closing += 1
        previous = character
    return closing, opening
