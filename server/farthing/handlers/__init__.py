"""LSP parameters -> a call of the domain -> an LSP result, and nothing else. One module per subject."""

from pygls.lsp.server import LanguageServer

from farthing.handlers import completion, configuration, documents, ledger, models, notebooks, repository
from farthing.handlers.domain import Domain, folder_of, position_encoding
from farthing.handlers.notebooks import SYNC as NOTEBOOK_SYNC

__all__ = ["NOTEBOOK_SYNC", "Domain", "folder_of", "position_encoding", "register"]


def register(server: LanguageServer, domain: Domain) -> None:
    """Tell the server which method is answered how."""
    for subject in (configuration, documents, notebooks, completion, ledger, models, repository):
        subject.register(server, domain)
