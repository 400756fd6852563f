"""LSP parameters -> a call of the domain -> an LSP result, and nothing else. One module per subject."""

from pygls.lsp.server import LanguageServer

from farthing.handlers import (
    chat,
    cloud,
    code_actions,
    commands,
    completion,
    configuration,
    documents,
    ledger,
    models,
    notebooks,
    repository,
    review,
)
from farthing.handlers.cloud import prepare
from farthing.handlers.domain import Domain, folder_of, position_encoding
from farthing.handlers.notebooks import SYNC as NOTEBOOK_SYNC
from farthing.handlers.turns import Chat

__all__ = ["NOTEBOOK_SYNC", "Chat", "Domain", "folder_of", "position_encoding", "prepare", "register"]


def register(server: LanguageServer, domain: Domain) -> None:
    """Tell the server which method is answered how."""
    subjects = (configuration, documents, notebooks, completion, ledger, models, repository)
    for subject in (*subjects, chat, cloud, review, commands, code_actions):
        subject.register(server, domain)
