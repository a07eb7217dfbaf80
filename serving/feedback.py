"""Corrections from readers: kept durably, and given back as labelled sentences for training.

A correction is answered only once it is on disk (SQLite with a write-ahead log and full
synchronisation; any other database that SQLAlchemy knows by its URL).
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from models.errors import InputError, StorageError

__all__ = ["Correction", "FeedbackStore", "corpus_rows"]

_log = logging.getLogger("hudna")
# What bounds a database that does not answer, by driver; SQLite waits five seconds for a lock.
_LIBPQ = {"connect_timeout": 5, "tcp_user_timeout": 5_000, "options": "-c statement_timeout=5000"}
_CONNECTING = {"psycopg": _LIBPQ, "psycopg2": _LIBPQ}
_TABLE = Table(
    "corrections",
    MetaData(),
    Column("id", String(32), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("caller", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("mentions", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("corrected", JSON, nullable=False),
)


@dataclass(frozen=True)
class Correction:
    """What a reader says of one actor in one sentence.

    `labels` has every head's: those that the reader `corrected`, and for the rest those of `model`.
    """

    caller: str
    model: str
    text: str
    actor: str
    mentions: Sequence[str]
    labels: dict[str, str]
    corrected: Sequence[str]


class FeedbackStore:
    """The database of corrections, made where it is not there yet.

    Raises:
        InputError: `url` names no database that can be used.
        StorageError: the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        try:
            connecting = _CONNECTING.get(make_url(url).get_driver_name(), {})
            self.engine = create_engine(url, connect_args=connecting, pool_pre_ping=True)
        except ArgumentError as error:  # neither text has the URL, which may hold a password
            raise InputError(f"HUDNA_FEEDBACK is no database's URL: {error}") from None
        except ModuleNotFoundError as error:
            raise InputError(f"The driver that HUDNA_FEEDBACK names is not installed: {error}") from None
        if self.engine.dialect.name == "sqlite":
            _make_durable(self.engine)
        with _stored("The database of corrections cannot be opened"):
            _TABLE.create(self.engine, checkfirst=True)
        self._storing = ThreadPoolExecutor(1, "feedback")  # a slow database holds up nothing else

    async def keep(self, correction: Correction) -> str:
        """Does `add` beside the event loop. Cancelled, it keeps nothing, unless storing has begun:
        then it goes on to its end, so that whoever is told that the time ran out need not wonder.

        Raises:
            StorageError: as `add`.
        """
        storing = self._storing.submit(self.add, correction)
        stored = asyncio.wrap_future(storing)
        try:
            return await asyncio.shield(stored)
        except asyncio.CancelledError:
            if storing.cancel():
                raise
            return await stored

    def add(self, correction: Correction) -> str:
        """Keeps a correction; gives its id once it is on disk.

        Raises:
            StorageError: it could not be kept; the disk is full, say.
        """
        key = uuid4().hex
        with _stored("The correction could not be stored"), self.engine.begin() as connection:
            at = _after_the_last(connection)
            connection.execute(insert(_TABLE).values(id=key, at=at, **asdict(correction)))
        return key

    def corrections(self) -> Iterator[Correction]:
        """Every correction, the oldest first."""
        fields = list(Correction.__dataclass_fields__)
        query = select(*(_TABLE.c[name] for name in fields)).order_by(_TABLE.c.at, _TABLE.c.id)
        with _stored("The corrections cannot be read"), self.engine.connect() as connection:
            for row in connection.execute(query):
                yield Correction(*row)


def _after_the_last(connection: Connection) -> datetime:
    """Now, or where the clock was set back, a moment after the last correction: the order must hold."""
    now = datetime.now(UTC)
    last: datetime | None = connection.scalar(select(func.max(_TABLE.c.at)))
    if last is None:
        return now
    if last.tzinfo is None:  # SQLite keeps none
        last = last.replace(tzinfo=UTC)
    return max(now, last + timedelta(microseconds=1))


def _make_durable(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _stored(told: str) -> Iterator[None]:
    """Turns the database's errors into one sentence; what a server says is for the log alone."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        _log.warning("%s: %s", told, reason)
        is_own = isinstance(reason, sqlite3.Error)
        raise StorageError(f"{told}: {reason}." if is_own else f"{told}.") from error


def corpus_rows(corrections: Iterator[Correction]) -> Iterator[dict[str, Any]]:
    """Labelled sentences of the train split in the corpus's form, a sentence with all of its actors.

    Of two corrections of the same actor in the same sentence, the later one holds, head by head: what it
    leaves to the model may have been corrected before.
    """
    sentences: dict[str, dict[str, Correction]] = {}
    for correction in corrections:
        actors = sentences.setdefault(correction.text, {})
        actors[correction.actor] = _joined(actors.get(correction.actor), correction)
    for number, (text, actors) in enumerate(sentences.items(), 1):
        yield {
            "id": f"feedback-{number:05}",
            "text": text,
            "register": "feedback",
            "construct": "statement",
            "event": "other",
            "split": "train",
            "actors": [
                {"actor": each.actor, "mentions": list(each.mentions), **each.labels}
                for each in actors.values()
            ],
        }


def _joined(earlier: Correction | None, later: Correction) -> Correction:
    """The later correction, with the earlier one's labels of heads that the later left as they were."""
    if earlier is None:
        return later
    kept = {head: earlier.labels[head] for head in earlier.corrected if head not in later.corrected}
    return replace(later, labels=later.labels | kept, corrected=[*later.corrected, *kept])
