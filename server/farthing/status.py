"""What the status bar says, worked out in one place: settings, the model on disk, and what the backend is doing."""

from collections.abc import Callable
from pathlib import Path

from farthing.backends.base import Activity
from farthing.engine.models import store
from farthing.errors import FarthingError, ModelError, ModelNotInstalled
from farthing.protocol import Status
from farthing.settings import CompletionSettings

NEVER_READY = Activity("ready", "loads on the first keystroke")


class StatusBoard:
    """Publishes a status whenever it differs from the last one.

    Args:
        publish: gets every new status.
    """

    def __init__(self, publish: Callable[[Status], None]) -> None:
        self._publish = publish
        self._settings = CompletionSettings()
        self._remote = ""
        self._activity = NEVER_READY
        self._last: Status | None = None

    def configure(self, settings: CompletionSettings, remote_url: str = "") -> None:
        """New settings; also called when a model came or went. What went wrong before may be mended by it."""
        self._settings, self._remote = settings, remote_url.strip()
        if self._activity.state == "error":
            self._activity = NEVER_READY
        self._update()

    def show_activity(self, activity: Activity) -> None:
        """The backend began or ended something."""
        self._activity = activity
        self._update()

    def show_error(self, error: FarthingError) -> None:
        """A request failed. Shown until the backend does something else. That a model is missing shows by itself."""
        if not isinstance(error, ModelNotInstalled):
            self._activity = Activity("error", error.message, error.fix)
        self._update()

    @property
    def current(self) -> Status:
        """The status now."""
        if not self._settings.enabled:
            return Status("off", detail="completion is switched off")
        if self._remote:
            ready = "asked on the first keystroke" if self._activity is NEVER_READY else self._activity.detail
            return Status(self._activity.state, self._remote, ready, self._activity.fix)
        try:
            path = store.resolve(self._settings.model)
        except ModelNotInstalled as exc:
            return Status("missing", self._settings.model or store.active(), exc.message, exc.fix)
        except ModelError as exc:
            return Status("error", Path(self._settings.model).name, exc.message, exc.fix)
        return Status(self._activity.state, store.label(path), self._activity.detail, self._activity.fix)

    def _update(self) -> None:
        current = self.current
        if current != self._last:
            self._last = current
            self._publish(current)
