"""How long to wait before trying again what was refused, for tenacity."""

from tenacity import RetryCallState

from models.errors import BusyError

__all__ = ["named_wait"]


def named_wait(state: RetryCallState) -> float:
    """The seconds that the last refusal names, or none."""
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, BusyError) else 0.0
