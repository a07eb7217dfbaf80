"""How much one call may ask: each limit is refused by its name and setting."""

import asyncio
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager

from models.errors import InputError, TooLargeError
from models.text import Article, check_sentence, check_text, split_sentences
from serving.settings import Settings

__all__ = ["Limits", "least_pieces", "pieces_of"]

_CHARACTERS_A_PIECE = 4  # of Arabic news, markers included
_WORDS_A_SENTENCE = 25
_SHORTEST_SENTENCE = 2  # characters
_ASCII = bytes(range(0x80))


class Limits:
    """The operator's limits; what is over one raises `TooLargeError`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check_count(self, bodies: Sized, kind: str) -> None:
        """Refuses more articles, or sentences, than a call may hold."""
        most = self._settings.max_articles
        if len(bodies) > most:
            raise TooLargeError(
                f"The call has {len(bodies)} {kind}; at most {most} are read at once "
                "(HUDNA_MAX_ARTICLES)."
            )

    def check_actors(self, actors: Sized, place: str) -> None:
        """Refuses a sentence with more actors than are judged."""
        most = self._settings.max_actors
        if len(actors) > most:
            raise TooLargeError(
                f"{place} has {len(actors)} actors; at most {most} are judged (HUDNA_MAX_ACTORS)."
            )

    def check_article_actors(self, article: Article, actors: int) -> None:
        """Refuses an article that names more different actors than are judged."""
        most = self._settings.max_article_actors
        if actors > most:
            raise TooLargeError(
                f"The article {article.id!r} names {actors} actors; at most {most} are judged "
                "(HUDNA_MAX_ARTICLE_ACTORS)."
            )

    def check_sentence(self, text: str, place: str) -> None:
        """Refuses what cannot be read as one sentence, and says which of the call it is.

        Raises:
            InputError: as `models.text.check_sentence`.
        """
        with _told(place):
            check_sentence(text)

    async def check_text(self, text: str, place: str) -> None:
        """Refuses a text that cannot be analysed, and says which of the call it is.

        The sentences of a long one are counted beside the event loop.

        Raises:
            InputError: as `models.text.check_text`.
        """
        with _told(place):
            check_text(text)
        most = self._settings.max_sentences
        if len(text) > _SHORTEST_SENTENCE * most and await asyncio.to_thread(_has_over, most, text):
            raise TooLargeError(f"{place} has over {most:,} sentences (HUDNA_MAX_SENTENCES).")


@contextmanager
def _told(place: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise type(error)(f"{place}: {error}") from None


def _has_over(most: int, text: str) -> bool:
    return len(split_sentences(text)) > most


def pieces_of(texts: Iterable[str], explain: bool, actors: int = 0) -> int:
    """About how many pieces the network will read; for an explanation, a sentence once more a word.

    `actors` are those that the caller marked, a marker each; those that are found count in the text.
    """
    pieces = sum(map(len, texts)) // _CHARACTERS_A_PIECE + actors
    return pieces * (1 + _WORDS_A_SENTENCE * explain)


def least_pieces(body: bytes) -> int:
    """How many pieces a body of JSON holds at the least, before it is parsed: those of its letters.

    An Arabic letter is two bytes, or is written as \\u0644; JSON's own signs are no letters.
    """
    letters = len(body.translate(None, delete=_ASCII)) // 2 + body.count(b"\\u")
    return letters // _CHARACTERS_A_PIECE
