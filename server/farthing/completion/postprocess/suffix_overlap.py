"""The model often writes what stands behind the cursor already."""

from farthing.completion.context import Context


def drop_suffix_overlap(text: str, context: Context) -> str:
    """Cut the end of the answer where it repeats the rest of the cursor's line, or the start of the lines below.

    ``print(|)`` answered with ``value)`` becomes ``value``.
    """
    rest = context.line_after.strip()
    if rest:
        first, newline, more = text.partition("\n")
        if first.rstrip().endswith(rest):
            return first.rstrip()[: -len(rest)] + (newline + more if more.strip() else "")
        return text
    lines, below = text.split("\n"), [line.strip() for line in context.suffix.split("\n")[1:] if line.strip()]
    for count in range(min(len(lines) - 1, len(below)), 0, -1):
        if [line.strip() for line in lines[-count:]] == below[:count]:
            return "\n".join(lines[:-count])
    return text
