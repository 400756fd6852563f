"""Code actions: what the commands do, where the editor offers to mend and to change code."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from farthing.chat_protocol import DOCUMENT, EXPLAIN, FIX, TEST, CommandParams, Position, Range
from farthing.errors import FarthingError
from farthing.handlers.domain import Domain
from farthing.handlers.texts import key_of

if TYPE_CHECKING:  # it is slow to import
    from farthing.index.retrieval import Retrieval

KINDS = {
    FIX: types.CodeActionKind.QuickFix.value,
    TEST: "refactor.rewrite.test",
    DOCUMENT: "refactor.rewrite.document",
    EXPLAIN: "refactor.explain",
}
"""Under the kinds that editors list for the code at a place. None is of ``source``: that is for whole files, and some
run it on saving."""

TITLES = {
    TEST: "Write a test with Farthing",
    DOCUMENT: "Document with Farthing",
    EXPLAIN: "Explain with Farthing",
}

_CODE = frozenset({"function", "method", "class", "interface", "enum", "type", "macro"})
"""Kinds of symbols that can be tested, documented and explained."""

_GRAVE = (None, types.DiagnosticSeverity.Error, types.DiagnosticSeverity.Warning)
"""Hints and remarks ask for nothing to be fixed."""


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""
    options = types.CodeActionOptions(list(dict.fromkeys(KINDS.values())))

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def offer(ls: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        path = key_of(params.text_document.uri)
        if path is None or not domain.settings.edit.code_actions:
            return []
        context, found = params.context, []
        grave = [each for each in context.diagnostics if each.severity in _GRAVE]
        if grave and _wanted(FIX, context.only):
            found.append(_fix(params.text_document.uri, grave))
        wanted = [name for name in TITLES if _wanted(name, context.only)]
        place = params.range
        # An editor that asks by itself, at every move of the cursor, is told of code only where some is selected.
        asks = context.trigger_kind != types.CodeActionTriggerKind.Automatic
        if wanted and (place.start != place.end or (asks and await _in_symbol(domain, path, place.start.line + 1))):
            found += [_action(name, params.text_document.uri, place) for name in wanted]
        return found


def _wanted(name: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    kinds = [each.value if isinstance(each, types.CodeActionKind) else each for each in only or ()]
    return only is None or any(not kind or f"{KINDS[name]}.".startswith(f"{kind}.") for kind in kinds)


async def _in_symbol(domain: Domain, path: str, line: int) -> bool:
    """Whether a line is within something that has a name."""

    def within(index: "Retrieval", inside: str) -> bool:
        return any(each.kind in _CODE and each.start_line <= line <= each.end_line for each in index.in_file(inside))

    try:
        return bool(await domain.folders.ask(path, within))
    except FarthingError:
        return False


def _action(name: str, uri: str, place: types.Range) -> types.CodeAction:
    argument = CommandParams(uri, _range(place))
    command = types.Command(TITLES[name], name, arguments=[asdict(argument)])
    return types.CodeAction(TITLES[name], kind=KINDS[name], command=command)


def _fix(uri: str, diagnostics: Sequence[types.Diagnostic]) -> types.CodeAction:
    title = "Fix with Farthing"
    place = types.Range(min(each.range.start for each in diagnostics), max(each.range.end for each in diagnostics))
    messages = tuple(f"{each.source}: {each.message}" if each.source else each.message for each in diagnostics)
    command = types.Command(title, FIX, arguments=[asdict(CommandParams(uri, _range(place), diagnostics=messages))])
    return types.CodeAction(title, kind=KINDS[FIX], diagnostics=list(diagnostics), command=command)


def _range(place: types.Range) -> Range:
    return Range(Position(place.start.line, place.start.character), Position(place.end.line, place.end.character))
