"""LSP parameters -> a call of the domain -> an LSP result, and nothing else. One module per subject."""

from pygls.lsp.server import LanguageServer

from farthing.handlers import completion, configuration, documents, ledger, models, repository
from farthing.handlers.domain import Domain, folder_of, position_encoding

__all__ = ["Domain", "folder_of", "position_encoding", "register"]


def register(server: LanguageServer, domain: Domain) -> None:
    """Tell the server which method is answered how."""
    for subject in (configuration, documents, completion, ledger, models, repository):
        subject.register(server, domain)
