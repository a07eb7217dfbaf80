"""What makes a sentence of the corpus instructive: its construct, and the wordings of conditions."""

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib import resources

__all__ = ["Construct", "condition_wordings", "distinct_conditions"]

_WHOLE_WORDS = r"(?<![\u0621-\u0652])[وفبل]?(?:{})(?![\u0621-\u0652])"
_LIFT = 3  # how much more frequent a wording must be where a stance is conditional


class Construct(StrEnum):
    """The one thing that a reader must get right in a sentence; every sentence has one."""

    STATEMENT = "statement"  # a plain call, acceptance, refusal or announcement by the holder
    NEGATION = "negation"
    DOUBLE_NEGATION = "double_negation"  # لا يمانع، لم يرفض
    EXCEPTION = "exception"  # سوى، إلا
    CONCESSION = "concession"  # رغم، مع أن
    COUNTERFACTUAL = "counterfactual"  # لو، لولا
    DENIAL = "denial"  # an actor denies what is said of it
    DOUBT = "doubt"  # unconfirmed, a question, a possibility
    CONDITION = "condition"
    WITHDRAWN_CONDITION = "withdrawn_condition"
    UNCONDITIONAL = "unconditional"
    ACT = "act"  # an act instead of a word
    ACCUSATION = "accusation"
    MUTUAL_ACCUSATION = "mutual_accusation"
    NOMINALISATION = "nominalisation"  # the stance stands in a verbal noun
    PASSIVE = "passive"
    RELATIVE_CLAUSE = "relative_clause"  # the stance stands in a relative clause
    LATE_HOLDER = "late_holder"  # the holder comes after other names
    QUOTE_REPORT = "quote_report"  # quoted words against the reporter's own
    ADDRESSEE = "addressee"  # only addressed, urged, warned
    HOST = "host"  # host, guest, visited, met
    MEDIATOR = "mediator"
    REPORTER = "reporter"  # a mere reporter of somebody else's stance beside it
    PLACE_NAME = "place_name"  # a place or time that looks like an actor or a target
    NO_STANCE = "no_stance"  # the target's words, and nobody's stance
    BACKGROUND = "background"  # roles, support, who controls what
    OTHER_TOPIC = "other_topic"  # other fronts, older wars, other subjects
    STANCE_SENTIMENT = "stance_sentiment"  # stance and sentiment disagree


@cache
def _wordings() -> tuple[re.Pattern[str], ...]:
    lines = resources.files("training").joinpath("condition_wordings.txt").read_text("utf-8")
    patterns = [line for line in lines.splitlines() if line and not line.startswith("#")]
    return tuple(re.compile(_WHOLE_WORDS.format(pattern)) for pattern in patterns)


def condition_wordings(text: str) -> set[str]:
    """The ways of stating a condition (patterns of ``condition_wordings.txt``) that a text uses."""
    return {wording.pattern for wording in _wordings() if wording.search(text)}


def distinct_conditions(conditional: Sequence[str], others: Sequence[str]) -> int:
    """How many wordings state conditions in `conditional` texts, and hardly occur in `others`.

    A wording counts where at least two conditional texts use it, and three times as large a share of
    them as of the others.
    """
    inside = Counter(way for text in conditional for way in condition_wordings(text))
    outside = Counter(way for text in others for way in condition_wordings(text))
    share = len(others) / max(1, len(conditional))
    return sum(count >= 2 and count * share >= _LIFT * outside[way] for way, count in inside.items())
