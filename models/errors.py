"""Everything that can go wrong, as one small tree.

HudnaError
├── InputError         the caller's text, span, target or file cannot be used
│   └── TooLargeError  … because it is over a configured size
├── BusyError          too much is waiting, or an allowance is spent; come again later
├── DeadlineError      the time that the caller gave is over
├── KeyRefusedError    the caller's key is missing or unknown
├── StorageError       what should be kept cannot be written or read
├── ServiceError       a service cannot be reached, or failed
└── CheckpointError    a checkpoint folder is missing, incomplete, damaged or of another kind

Each surface translates the tree once: `serving.answers` to HTTP, `serving.cli` to an exit code.
"""

__all__ = [
    "BusyError",
    "CheckpointError",
    "DeadlineError",
    "HudnaError",
    "InputError",
    "KeyRefusedError",
    "ServiceError",
    "StorageError",
    "TooLargeError",
]


class HudnaError(Exception):
    """Base of every error that Hudna raises on purpose; its text is one sentence for the user."""


class InputError(HudnaError):
    """What the caller sent cannot be analysed."""


class TooLargeError(InputError):
    """What the caller sent is over a configured size."""


class CheckpointError(HudnaError):
    """A checkpoint cannot be loaded."""


class BusyError(HudnaError):
    """More is asked than is let in now, for the `reason`; `retry_after` is in seconds."""

    def __init__(self, retry_after: float, reason: str = "Too much is waiting already") -> None:
        super().__init__(f"{reason}; try again in {retry_after:.0f} s.")
        self.retry_after = retry_after


class DeadlineError(HudnaError):
    """The time that the caller gave, or the default, is over."""


class KeyRefusedError(HudnaError):
    """The caller's key is missing or unknown."""


class StorageError(HudnaError):
    """What should be kept cannot be written or read."""


class ServiceError(HudnaError):
    """A service cannot be reached, or failed in a way that it did not tell."""
