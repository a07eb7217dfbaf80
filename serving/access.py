"""API keys: their hashes in a file, and how often each may call.

A line of the file is a name and the SHA-256 of a key, as `new_key` gives them; the file is read again
when it changes, so keys come and go without a restart. A key is 256 random bits, so that a plain hash
keeps it (a slow one is for passwords, which can be guessed: NIST SP 800-63B, 5.1.1.2).
"""

import hashlib
import hmac
import logging
import secrets
import time
from pathlib import Path

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from tenacity import AsyncRetrying, retry_if_exception_type

from models.errors import BusyError, InputError, KeyRefusedError
from serving.waits import named_wait

__all__ = ["Access", "new_key"]

_log = logging.getLogger("hudna.access")
_ANYONE = "anyone"


def new_key(name: str) -> tuple[str, str]:
    """A fresh key, and the line of the file that admits it.

    Raises:
        InputError: the name is empty or has blanks.
    """
    if not name or name.split() != [name]:
        raise InputError("A key's name is one word.")
    key = secrets.token_urlsafe(32)
    return key, f"{name} {_hash(key)}"


class Access:
    """Who may call, and how often; without a file anyone may, and shares one allowance.

    Raises:
        InputError: the file cannot be read, or `rate` is not of the form «600/minute».
    """

    def __init__(self, file: Path | None, rate: str = "") -> None:
        self._file, self._read_at = file, 0
        self._names: dict[bytes, str] = {}  # by the hash of the key
        self._refresh()
        self._rate = _parsed(rate) if rate else None
        self._calls = MovingWindowRateLimiter(MemoryStorage())

    def name(self, key: str) -> str:
        """The name of the caller with this key.

        Raises:
            KeyRefusedError: a key is asked and this is none.
        """
        if self._file is None:
            return _ANYONE
        try:
            self._refresh()
        except InputError as error:  # those that were read still hold
            _log.warning("%s", error)
        hashed = _hash(key).encode()
        matches = [name for known, name in self._names.items() if hmac.compare_digest(known, hashed)]
        if not matches:
            raise KeyRefusedError("An API key is needed: Authorization: Bearer KEY.")
        return matches[0]

    async def allow(self, name: str) -> None:
        """Waits until a caller's allowance has room for one article more."""
        async for attempt in AsyncRetrying(retry=retry_if_exception_type(BusyError), wait=named_wait):
            with attempt:
                self.spend(name)

    def spend(self, name: str) -> None:
        """Counts a call of a caller's.

        Raises:
            BusyError: the caller has used up its allowance.
        """
        if self._rate and not self._calls.hit(self._rate, name):
            seconds = self._calls.get_window_stats(self._rate, name).reset_time - time.time()
            if seconds <= self._rate.get_expiry() + 1:
                raise BusyError(max(1.0, seconds), f"The allowance of {self._rate} is spent")
            self._calls.clear(self._rate, name)  # its calls lie in the future: the clock was set back
            self._calls.hit(self._rate, name)

    def _refresh(self) -> None:
        """Reads the file where it changed."""
        if self._file is None:
            return
        try:
            changed = self._file.stat().st_mtime_ns
            if changed != self._read_at:
                lines = self._file.read_text("utf-8").splitlines()
                self._names = {
                    line.split()[1].encode(): line.split()[0] for line in lines if line.strip()
                }
                self._read_at = changed
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise InputError(f"The keys in {self._file} cannot be read: {error}") from error


def _parsed(rate: str) -> RateLimitItem:
    try:
        [found] = parse_many(rate)
        if found.amount < 1:
            raise ValueError("it lets nobody call")
    except ValueError as error:
        raise InputError(f"{rate!r} is no rate such as 600/minute.") from error
    return found


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
