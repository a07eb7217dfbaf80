"""Corrections from readers: kept durably, and given back as labelled sentences for training.

A correction is answered only once it is on disk (SQLite with a write-ahead log and full
synchronisation; any other database that SQLAlchemy knows by its URL).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from models.errors import InputError, StorageError

__all__ = ["Correction", "FeedbackStore", "corpus_rows"]

_TABLE = Table(
    "corrections",
    MetaData(),
    Column("id", String(32), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
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
            self.engine = create_engine(url)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise InputError(f"{url!r} is no database's URL: {error}") from error
        if self.engine.dialect.name == "sqlite":
            _make_durable(self.engine)
        with _stored("The database of corrections cannot be opened"):
            _TABLE.create(self.engine, checkfirst=True)

    def add(self, correction: Correction) -> str:
        """Keeps a correction; gives its id once it is on disk.

        Raises:
            StorageError: it could not be kept; the disk is full, say.
        """
        key = uuid4().hex
        with _stored("The correction could not be stored"), self.engine.begin() as connection:
            connection.execute(insert(_TABLE).values(id=key, at=datetime.now(UTC), **asdict(correction)))
        return key

    def corrections(self) -> Iterator[Correction]:
        """Every correction, the oldest first."""
        fields = list(Correction.__dataclass_fields__)
        query = select(*(_TABLE.c[name] for name in fields)).order_by(_TABLE.c.at, _TABLE.c.id)
        with _stored("The corrections cannot be read"), self.engine.connect() as connection:
            for row in connection.execute(query):
                yield Correction(*row)


def _make_durable(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _stored(told: str) -> Iterator[None]:
    """Turns the database's errors into one sentence."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise StorageError(f"{told}: {reason}.") from error


def corpus_rows(corrections: Iterator[Correction]) -> Iterator[dict[str, Any]]:
    """Labelled sentences of the train split in the corpus's form, a sentence with all of its actors.

    Of two corrections of the same actor in the same sentence, the later one holds.
    """
    sentences: dict[str, dict[str, Correction]] = {}
    for correction in corrections:
        sentences.setdefault(correction.text, {})[correction.actor] = correction
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
