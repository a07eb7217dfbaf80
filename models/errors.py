"""Everything that can go wrong, as one small tree.

HudnaError
├── InputError         the caller's text, span, target or file cannot be used
│   └── TooLargeError  … because it is over a configured size
└── CheckpointError    a checkpoint folder is missing, incomplete, damaged or of another kind

Each surface translates the tree once: `serving.service` to HTTP, `serving.cli` to an exit code.
"""

__all__ = ["CheckpointError", "HudnaError", "InputError", "TooLargeError"]


class HudnaError(Exception):
    """Base of every error that Hudna raises on purpose; its text is one sentence for the user."""


class InputError(HudnaError):
    """What the caller sent cannot be analysed."""


class TooLargeError(InputError):
    """What the caller sent is over a configured size."""


class CheckpointError(HudnaError):
    """A checkpoint cannot be loaded."""
