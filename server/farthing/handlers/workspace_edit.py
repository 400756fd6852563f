"""From the plan of a decision to what LSP asks an editor to do. Pure."""

from dataclasses import dataclass

from lsprotocol import types

from farthing.review.plans import FilePlan, Plan
from farthing.text import Encoding, lsp_position

_ANNOTATION = "farthing"


@dataclass(frozen=True)
class Abilities:
    """What an editor can do when it is asked to edit."""

    versions: bool = False
    """It knows edits that are bound to a document's version."""
    create: bool = False
    delete: bool = False
    annotations: bool = False
    """It asks the user before it applies what is marked so."""


def abilities(client: types.ClientCapabilities) -> Abilities:
    """What a client says of itself."""
    workspace = client.workspace
    known = workspace.workspace_edit if workspace else None
    if known is None or not known.document_changes:
        return Abilities()
    kinds = known.resource_operations or ()
    return Abilities(
        True,
        types.ResourceOperationKind.Create in kinds,
        types.ResourceOperationKind.Delete in kinds,
        known.change_annotation_support is not None,
    )


def missing(plan: Plan, can: Abilities) -> str:
    """Why an editor can't do what is planned, in one line; empty where it can."""
    if any(file.before is None for file in plan.files) and not can.create:
        return "this editor can't make files for a language server; make the file yourself"
    if any(file.after is None for file in plan.files) and not can.delete:
        return "this editor can't delete files for a language server; delete the file yourself"
    return ""


def workspace_edit(plan: Plan, can: Abilities, encoding: Encoding, label: str = "") -> types.WorkspaceEdit:
    """What the editor is asked to do.

    Args:
        label: what the user is asked to confirm; empty where they have said so already.
    """
    if not can.versions:
        return types.WorkspaceEdit(changes={file.uri: _edits(file, encoding) for file in plan.files})
    annotation = _ANNOTATION if label and can.annotations else None
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for file in plan.files:
        changes += _changes(file, encoding, annotation)
    annotations = {_ANNOTATION: types.ChangeAnnotation(label, needs_confirmation=True)} if annotation else None
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def _changes(
    file: FilePlan, encoding: Encoding, annotation: str | None
) -> list[types.TextDocumentEdit | types.CreateFile | types.DeleteFile]:
    if file.after is None:
        return [types.DeleteFile(file.uri, options=types.DeleteFileOptions(), annotation_id=annotation)]
    edits: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = []
    for each in _edits(file, encoding):
        edits.append(types.AnnotatedTextEdit(annotation, each.range, each.new_text) if annotation else each)
    change = types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(file.uri, file.version), edits)
    if file.before is not None:
        return [change]
    options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
    return [types.CreateFile(file.uri, options=options, annotation_id=annotation), change]


def _edits(file: FilePlan, encoding: Encoding) -> list[types.TextEdit]:
    text = file.before or ""
    found = []
    for edit in file.edits:
        start = types.Position(*lsp_position(text, edit.start, encoding))
        found.append(
            types.TextEdit(types.Range(start, types.Position(*lsp_position(text, edit.end, encoding))), edit.text)
        )
    return found
