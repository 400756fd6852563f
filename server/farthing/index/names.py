"""Names as they are written at a definition."""

import re

_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>")
_OPERATOR = re.compile(r"\boperator\b")


def split(text: str) -> tuple[str, str]:
    """The names before the last, joined with dots, and the last: ``a::B<T>::operator<`` is ``a.B``, ``operator<``."""
    if text.isidentifier():
        return "", text
    qualifier = ""
    operator = _OPERATOR.search(text)
    if operator or "::" in text:
        at = operator.start() if operator else len(text)
        scope, text = text[:at], text[at:]
        text = text if text.startswith("operator(") else text.partition("(")[0]
        while (plain := _TEMPLATE_ARGUMENTS.sub("", scope)) != scope:
            scope = plain
        if not text:
            scope, _, text = scope.rpartition("::")
        qualifier = ".".join(part for each in scope.split("::") if (part := each.strip()))
    return qualifier, " ".join(text.split()).strip(" :")
