"""Who is named in a sentence, and where: the matcher of the registry's phrases."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from models.folding import Folded, fold
from models.registry import Registry, own_registry
from models.text import Span

__all__ = ["ActorMatcher"]

_LETTERS = frozenset(map(chr, range(0x621, 0x64B)))
_PREVIOUS_WORD = re.compile(r"(\S+) \(?$")
_FIRST_WORD = re.compile(r" ([\u0621-\u064A]+)")
_LAST_PARTICLE = re.compile(r" (?:من|الي) (?:كل من )?\(?$")
_PROCLITICS = frozenset({"", *"وفبلك", *(a + b for a in "وف" for b in "بلك")})
_APPOSITION = re.compile(r"(?: (?:الي|في|لدي) ليبيا| [بل]ليبيا| الليبيه?)?[ (]*(?:، ?)?[بل]?")
_AROUND = {"علي", "حول", "عن", "من"}  # before a seat, of where something happens
_PLACES = ("place", "capital", "seat")


class _Match(NamedTuple):
    start: int
    end: int
    kind: str
    actor: str
    office: bool = False  # it began with an office, so a person of that body may follow


class ActorMatcher:
    """Finds mentions: longest match first, titles joined to names, places left out."""

    def __init__(self, registry: Registry | None = None) -> None:
        self.registry = registry or own_registry()
        self._texts = list(self.registry.phrases)
        self._automaton = AhoCorasick(self._texts)

    def find(self, text: str) -> dict[str, list[Span]]:
        """The mentions of every actor named in a sentence, actors in order of first mention."""
        return self._named(text, fold(text))

    def find_each(self, text: str, sentences: Sequence[Span]) -> list[dict[str, list[Span]]]:
        """What `find` finds in each of a text's sentences; to fold the text once costs less."""
        parts = zip(sentences, fold(text).parts(sentences), strict=True)
        return [self._named(text[slice(*sentence)], folded) for sentence, folded in parts]

    def _named(self, text: str, folded: Folded) -> dict[str, list[Span]]:
        mentions: dict[str, list[Span]] = {}
        for match in _join(self._longest(folded.text), folded.text, self.registry):
            span = _with_its_quotation(text, *folded.span(match.start, match.end))
            mentions.setdefault(match.actor, []).append(span)
        return mentions

    def _longest(self, text: str) -> list[_Match]:
        """Matches on word boundaries that do not overlap: leftmost first, then longest."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        on_words = [(start, end, i) for i, start, end in found if _is_word(text, start, end)]
        chosen: list[_Match] = []
        end_of_match, end_of_place = -1, -2  # a place never ended just before the text
        for start, end, index in sorted(on_words, key=lambda hit: (hit[0], -hit[1])):
            if start < end_of_match:
                continue
            end_of_match = end
            phrase = self.registry.phrases[self._texts[index]]
            match = _Match(start, end, *phrase, office=phrase.kind in ("role", "office"))
            if phrase.kind in _PLACES and self._is_only_a_place(text, match, end_of_place):
                end_of_place = end
            else:
                chosen.append(match)
        return chosen

    def _is_only_a_place(self, text: str, match: _Match, end_of_place: int) -> bool:
        """Whether a capital or a country is where something happens, by the words around it."""
        proclitics = _left_word(text, match.start)
        start = match.start - len(proclitics)
        before = text[max(0, start - 48) : start]
        if proclitics.endswith("ب"):
            return True
        if match.kind == "seat":
            return not self._acts(before, text[match.end : match.end + 24])
        if proclitics == "و" and end_of_place == start - 1:
            return True  # as the place that it is joined to: زار باريس ولندن
        previous, cues = _last_word(before), self.registry.cues
        is_place = bool(previous & cues["place"])
        if match.kind == "capital":
            is_place = is_place or bool(previous & cues["event"] or "من" in previous)
        is_place = is_place and not self._sends(before)
        return is_place or (match.kind == "capital" and self._is_visited(before))

    def _acts(self, before: str, after: str) -> bool:
        """Whether a word of acting is beside a seat (اتهمت طرابلس، طرابلس ترفض), or a colon behind."""
        acting, previous = self.registry.cues["acting"], _last_word(before)
        following = _FIRST_WORD.match(after)
        acts_next = following is not None and following[1] in acting
        is_place = previous & self.registry.cues["place"] or previous & _AROUND
        return bool(
            previous & acting
            or (acts_next and not is_place)
            or (not before.strip() and after.startswith(":"))
        )

    def _sends(self, before: str) -> bool:
        """Whether «من» or «إلى» before a capital follow a word of sending: بطلب من موسكو."""
        particle = _LAST_PARTICLE.search(before)
        return particle is not None and bool(
            _last_word(before[: particle.start() + 1]) & self.registry.cues["sender"]
        )

    def _is_visited(self, before: str) -> bool:
        """Whether a word of visiting stands up to three words before: يزور المشير حفتر باريس."""
        words = before.split()[-3:]
        bare = (word[1:] for word in words if word[0] in "وف")
        return not self.registry.cues["visit"].isdisjoint([*words, *bare])


def _with_its_quotation(text: str, start: int, end: int) -> Span:
    """The span, with the mark that closes a quotation that it opens: حكومة «الوفاق»."""
    if not text.startswith(("»", "”"), end):
        return Span(start, end)
    opens = any(
        text.count(left, start, end) > text.count(right, start, end) for left, right in ("«»", "“”")
    )
    return Span(start, end + opens)


def _left_word(text: str, start: int) -> str:
    """The letters, four at the most, that are joined to what starts there."""
    first = start
    while first and start - first < 4 and text[first - 1] in _LETTERS:
        first -= 1
    return text[first:start]


def _last_word(before: str) -> set[str]:
    """The last word of a text, as it stands and without what may be its proclitics."""
    word = _PREVIOUS_WORD.search(before)
    return {word[1].removeprefix(proclitic) for proclitic in _PROCLITICS} if word else set()


def _is_word(text: str, start: int, end: int) -> bool:
    if text[end : end + 1] in _LETTERS:
        return False
    left = _left_word(text, start)
    return left in (("", "و", "ف") if text.startswith("لل", start) else _PROCLITICS)


def _join(matches: list[_Match], text: str, registry: Registry) -> Iterator[_Match]:
    """Joins titles, offices and honorifics to the name they stand with; drops those without one."""
    current: _Match | None = None
    for match in matches:
        joined = _apposition(current, match, text, registry) if current else None
        if current and not joined and current.actor:
            yield current
        current = joined or match
    if current and current.actor:
        yield current


def _apposition(left: _Match, right: _Match, text: str, registry: Registry) -> _Match | None:
    """Both as one mention where they name one actor side by side, else nothing."""
    if "nothing" in (left.kind, right.kind) or not _APPOSITION.fullmatch(text, left.end, right.start):
        return None
    whole = _Match(left.start, right.end, right.kind, right.actor, left.office or right.office)
    if left.actor and left.actor == right.actor:
        return whole
    person = right.actor in registry.actors and registry.actors[right.actor].kind == "person"
    if person and left.kind == "title" and _is_honorific(left, right, text, registry):
        return whole
    if left.kind == "honorific":
        return whole if person or right.kind == "honorific" else None
    if left.kind == "role" and "،" not in text[left.end : right.start]:
        return whole if right.actor and not person else None
    if left.office and person and registry.actors[right.actor].of == left.actor:
        return whole
    if left.kind == "title" and person and _serve_one_body(left.actor, right.actor, registry):
        return whole  # the title's holder at another time: المبعوث الأممي برناردينو ليون
    return None


def _is_honorific(title: _Match, name: _Match, text: str, registry: Registry) -> bool:
    """Whether somebody's title is right before another's full name, who has it too.

    A surname alone may be a verb's object: المشير عبد الفتاح السيسي, but التقى المشير السراج.
    """
    said = text[name.start : name.end]
    is_beside = text[title.end : name.start] == " "
    is_full = " " in said and not said.startswith("لل")
    return is_beside and is_full and text[title.start : title.end] in registry.honorifics


def _serve_one_body(holder: str, named: str, registry: Registry) -> bool:
    body = registry.actors[holder].of
    return body is not None and body == registry.actors[named].of
