"""Every error that Farthing raises on purpose.

::

    FarthingError
    ├── UsageError              wrong arguments or unusable input; the CLI exits with 2
    │   └── SettingsError       a settings file that can't be read as written
    ├── ModelError
    │   ├── UnknownModel        no such id in the catalogue and no such file
    │   ├── ModelNotInstalled   known, but not on this machine yet
    │   ├── ModelUnusable       the file is no model that the engine can load
    │   └── DownloadFailed      no source gave the file
    │       ├── ChecksumMismatch    the bytes are not those of the catalogue
    │       └── DiskFull            not enough free space
    ├── EngineError
    │   ├── EngineUnavailable   it can't be started or reached
    │   ├── EngineCrashed       it died while it worked for us
    │   └── RemoteError         a server that completes in the engine's place
    │       ├── RemoteUnavailable   it can't be reached, failed, or stopped in the middle of an answer
    │       ├── RemoteRefused       it wants a key, is too busy, or has no such model
    │       └── RemoteGarbled       what it says is not what such a server says
    ├── LedgerError             nothing was sent to the cloud
    │   ├── LedgerUnavailable   the ledger can't be read or written
    │   └── Refused             it is forbidden
    │       ├── CapExceeded         the session's cap or a budget leaves too little
    │       ├── PriceUnknown        there is a budget in money, and no price to count by
    │       ├── ProviderBlocked     the provider went beyond a limit that it was sent
    │       ├── CloudPaused         the user has paused the cloud
    │       ├── Private             something that would be sent is marked local-only, or is a secret
    │       └── AirGapped           nothing may leave this machine: escalation.policy is never
    ├── CloudError              a provider that bills
    │   ├── CloudUnavailable    it can't be reached, failed, or broke off in the middle of an answer
    │   ├── CloudBusy           it has too much to do, and may be asked again
    │   ├── CloudRefused        it does not take the key, the model or the request, or there is no money left
    │   │   ├── CloudTooLong        the prompt is longer than the model can read
    │   │   └── CloudFiltered       it takes the prompt for something that it may not answer
    │   └── CloudGarbled        what it says is not what such a provider says
    ├── IndexUnavailable        the repository's index can't be read or written
    ├── WriteFailed             a file of the workspace can't be written; none is changed
    └── Cancelled               the caller gave the work up

A message is one line that says what is wrong; ``fix`` says what to do about it. Both are shown to users, so neither
holds a traceback, a class name or a token of a secret.
"""


class FarthingError(Exception):
    """Base of all of the above.

    Args:
        message: what is wrong, one line.
        fix: what the user can do, one line; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}. {self.fix}" if self.fix else self.message


class UsageError(FarthingError):
    """Wrong arguments, or input that can't be used as it is."""

    exit_code = 2


class SettingsError(UsageError):
    """A settings file that can't be read as written."""


class ModelError(FarthingError):
    """Anything about a model file."""


class UnknownModel(ModelError):
    """Neither an id of the catalogue nor a file."""

    exit_code = 2


class ModelNotInstalled(ModelError):
    """A known model that is not on this machine."""


class ModelUnusable(ModelError):
    """A file that the engine can't load."""

    exit_code = 2


class DownloadFailed(ModelError):
    """No source gave the file."""


class ChecksumMismatch(DownloadFailed):
    """The bytes that came are not those of the catalogue; they were deleted."""


class DiskFull(DownloadFailed):
    """Not enough free space where models are kept."""


class EngineError(FarthingError):
    """Anything about the inference process."""


class EngineUnavailable(EngineError):
    """The engine can't be started or reached."""


class EngineCrashed(EngineError):
    """The engine died while it worked for this request."""


class RemoteError(EngineError):
    """Anything about a server that completes in the engine's place."""


class RemoteUnavailable(RemoteError):
    """The server can't be reached, failed, or stopped in the middle of an answer."""


class RemoteRefused(RemoteError):
    """The server wants a key, has too much to do, or has no such model."""


class RemoteGarbled(RemoteError):
    """What the server says is not what such a server says."""


class LedgerError(FarthingError):
    """Nothing was sent to the cloud. Local work goes on."""


class LedgerUnavailable(LedgerError):
    """The ledger can't be read or written: damaged, read-only, of a newer version, or the disk is full."""


class Refused(LedgerError):
    """A request to the cloud that is forbidden."""


class CapExceeded(Refused):
    """The session's cap or a budget leaves less than what is useful."""


class PriceUnknown(Refused):
    """There is a budget in money, and the model has no price to count by."""


class ProviderBlocked(Refused):
    """The provider went beyond a limit that it was sent, and gets nothing more until the user says so."""


class CloudPaused(Refused):
    """The user has paused the cloud for this session."""


class Private(Refused):
    """Something that would be sent is marked local-only, or is a secret."""


class AirGapped(Refused):
    """Nothing may leave this machine, as the user has said."""


class CloudError(FarthingError):
    """Anything about a provider that bills.

    Args:
        unbilled: it surely took nothing for this request, as it refused it, or as nothing has left this machine.
        retry_after: seconds after which the provider wants to be asked again; None where it does not say so.
    """

    def __init__(
        self, message: str, fix: str = "", *, unbilled: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, fix)
        self.unbilled = unbilled
        self.retry_after = retry_after


class CloudUnavailable(CloudError):
    """The provider can't be reached, failed, or broke off in the middle of an answer."""


class CloudBusy(CloudError):
    """The provider has too much to do, or failed before it answered."""


class CloudRefused(CloudError):
    """The provider does not take the key, the model or the request, or the account has no money left."""


class CloudTooLong(CloudRefused):
    """The prompt is longer than the model can read."""


class CloudFiltered(CloudRefused):
    """The provider takes the prompt for something that it may not answer."""


class CloudGarbled(CloudError):
    """What the provider says is not what such a provider says."""


class IndexUnavailable(FarthingError):
    """The repository's index can't be read or written."""


class WriteFailed(FarthingError):
    """A file of the workspace can't be written; none is changed."""


class Cancelled(FarthingError):
    """The caller gave the work up, or newer work took its place."""
