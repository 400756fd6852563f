"""An answer that was cut off, or ran on, breaks the file. The longest part of it that does not is kept."""

from farthing.index.syntax import count_errors, surroundings

MAX_TEXT = 200_000
"""Code points of a document in which this is done."""


def trim_to_syntax(head: str, answer: str, tail: str, language: str) -> str:
    """Drop lines at the end of the answer while that makes the document parse better.

    Args:
        head: the document before the cursor.
        tail: the document after it.
        language: LSP language id; without a grammar for it the answer stays as it is.

    Returns:
        The answer or its first lines, never fewer than one.
    """
    lines = answer.split("\n")
    if len(lines) < 2 or len(head) + len(tail) > MAX_TEXT:
        return answer
    start, end = surroundings(head + tail, len(head), language)
    head, tail = head[start:], tail[: end - len(head)]
    best, fewest = answer, count_errors(head + answer + tail, language)
    for count in range(len(lines) - 1, 0, -1):
        if not fewest:  # 0, or None for no grammar
            break
        shorter = "\n".join(lines[:count]).rstrip()
        errors = count_errors(head + shorter + tail, language)
        if shorter and errors is not None and errors < fewest:
            best, fewest = shorter, errors
    return best
