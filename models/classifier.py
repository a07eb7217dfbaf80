"""`Classifier`: articles in, analyses out. The one door to the model for everything else.

What a request needs is written once, as a generator that yields what the network must read and takes
its answers (`Work`); `Classifier.analyze` drives it alone, the service drives many at a time.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from models import SHIPPED_CHECKPOINT
from models.actors import ActorMatcher
from models.checkpoint import Checkpoint, read_checkpoint
from models.encoding import Example, Query
from models.errors import InputError
from models.explanation import hidden_words, influences
from models.judging import Judge, MarkedActor, MarkedSentence
from models.reading import Reader, Rows
from models.results import Analysis, Influence, Judgement, ModelName, Sentence, summarise
from models.runtime import Runtime
from models.text import Article, Span, check_article, check_sentence, split_sentences

__all__ = [
    "Article",
    "Classifier",
    "MarkedActor",
    "MarkedSentence",
    "Work",
]

_ARTICLES_AT_ONCE = 64  # so that many sentences of like length stand beside each other
_GROUPS_AHEAD = 2  # of so many articles: one is prepared, and one read, while one is finished

Answer = TypeVar("Answer")
Work = Generator[Sequence[Example], Sequence[Rows], Answer]
_Begun = tuple[Work[list[Analysis]], Callable[[], list[Rows]]]  # and what waits for its rows


class Classifier:
    """Judges every actor of every sentence with a checkpoint, on this machine's best device."""

    def __init__(self, checkpoint: Checkpoint, runtime: Runtime, matcher: ActorMatcher) -> None:
        self.checkpoint, self.matcher = checkpoint, matcher
        self.targets: list[str] = checkpoint.config.targets
        self.model = ModelName(name=checkpoint.config.name, version=checkpoint.config.version)
        self.runtime = runtime
        self.reader = Reader(checkpoint, runtime)
        self._judge = Judge(checkpoint.config, checkpoint.calibration, matcher.registry)

    @classmethod
    def load(cls, folder: Path = SHIPPED_CHECKPOINT, device: str = "auto") -> "Classifier":
        """The classifier of a checkpoint folder.

        Raises:
            CheckpointError: the folder is not a whole checkpoint.
            InputError: the device cannot be used.
        """
        return cls(read_checkpoint(folder), Runtime.choose(device), ActorMatcher())

    def analyze(
        self,
        articles: Sequence[Article],
        targets: Sequence[str] | None = None,
        actors: Sequence[str] | None = None,
        explain: bool = False,
        min_confidence: float = 0.0,
    ) -> list[Analysis]:
        """Every article's sentences, judgements and summary, in the order given.

        `targets` and `actors` restrict what is judged; all of them by default. `explain` adds the words
        that moved each judgement, at the cost of one more pass a word. Decisions of less than
        `min_confidence`, from 0 to 1, are `uncertain` too, and not counted in the summary.

        Raises:
            InputError: an article cannot be analysed, a target or an actor is unknown, or
                `min_confidence` is no share.
        """
        return self._performed(self.analysing(articles, targets, actors, explain, min_confidence))

    def score(self, articles: Iterable[Article], **options: Any) -> Iterator[Analysis]:
        """`analyze`, with its options, for any number of articles: in order, in constant memory.

        Some groups of articles are taken ahead, so that the network need not wait for them.
        """
        waiting = iter(articles)
        begun: deque[Future[_Begun]] = deque()
        with ThreadPoolExecutor(1, "prepare") as preparing:
            while some := list(islice(waiting, _ARTICLES_AT_ONCE)):
                begun.append(preparing.submit(self._begin, self.analysing(some, **options)))
                if len(begun) > _GROUPS_AHEAD:
                    yield from self._end(begun.popleft())
            while begun:
                yield from self._end(begun.popleft())

    def classify(
        self,
        sentences: Sequence[MarkedSentence],
        targets: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[list[Judgement]]:
        """The judgements of each sentence for the caller's own actors, in the order given.

        Raises:
            TooLargeError: a text is too long for a sentence.
            InputError: a text is empty or has no Arabic, a span does not fit or covers nothing to
                read, a target is unknown.
        """
        return self._performed(self.classifying(sentences, targets, explain))

    def probabilities(self, queries: Sequence[Query]) -> list[Rows]:
        """Calibrated probabilities by head, for every actor of every query; labels as in the config.

        They are empty for an actor whose mentions hold nothing to read.

        Raises:
            InputError: a span does not fit its text.
        """
        return self._performed(self._reading(queries))

    def analysing(
        self,
        articles: Sequence[Article],
        targets: Sequence[str] | None = None,
        actors: Sequence[str] | None = None,
        explain: bool = False,
        min_confidence: float = 0.0,
        check_actors: Callable[[Article, int], None] = lambda *_: None,
    ) -> Work[list[Analysis]]:
        """`analyze` as work; what it raises, it raises before it yields.

        `check_actors` is told how many actors each article names, and may refuse it.
        """
        wanted = self._known_targets(targets)
        self._check_actors(actors)
        if not 0 <= min_confidence <= 1:
            raise InputError(f"A confidence is between 0 and 1, not {min_confidence:g}.")
        found = [self._marked(article, actors) for article in articles]
        for article, marked in zip(articles, found, strict=True):
            check_actors(article, len({each.actor for named in marked for each in named.actors}))
        sentences = [sentence for marked in found for sentence in marked]
        judged = iter((yield from self._judging(sentences, wanted, explain, min_confidence)))
        return [
            self._analysis(article, [_sentence(each, next(judged)) for each in marked], min_confidence)
            for article, marked in zip(articles, found, strict=True)
        ]

    def classifying(
        self,
        sentences: Sequence[MarkedSentence],
        targets: Sequence[str] | None = None,
        explain: bool = False,
    ) -> Work[list[list[Judgement]]]:
        """`classify` as work."""
        for sentence in sentences:
            check_sentence(sentence.text)
        judged = yield from self._judging(sentences, self._known_targets(targets), explain)
        for sentence, found in zip(sentences, judged, strict=True):
            if len(found) < len(sentence.actors):
                raise InputError(f"A mention in {sentence.text[:40]!r} has nothing to read.")
        return judged

    def _begin(self, work: Work[list[Analysis]]) -> _Begun:
        return work, self.reader.begin(next(work))

    def _end(self, begun: Future[_Begun]) -> list[Analysis]:
        work, rows = begun.result()
        return self.finished(work, rows())

    def finished(self, work: Work[Answer], rows: Sequence[Rows]) -> Answer:
        """Drives work whose first examples were read to its end; `rows` are theirs."""
        try:
            while True:
                rows = self.reader.read(work.send(rows))
        except StopIteration as done:
            answer: Answer = done.value
            return answer

    def _performed(self, work: Work[Answer]) -> Answer:
        return self.finished(work, self.reader.read(next(work)))

    def _reading(self, queries: Sequence[Query]) -> Work[list[Rows]]:
        results: list[Rows] = [[{} for _ in query.actors] for query in queries]
        examples = self.checkpoint.encoder.encode(queries)
        for example, rows in zip(examples, (yield examples), strict=True):
            for actor, row in zip(example.actors, rows, strict=True):
                results[example.query][actor] = row
        return results

    def _judging(
        self,
        sentences: Sequence[MarkedSentence],
        targets: Sequence[str],
        explain: bool,
        min_confidence: float = 0.0,
    ) -> Work[list[list[Judgement]]]:
        queries = [Query(s.text, [actor.spans for actor in s.actors]) for s in sentences]
        rows = yield from self._reading(queries)
        words = (yield from self._explaining(queries, rows)) if explain else {}
        return [
            [
                self._judge(sentence, actor, row, targets, words.get((query, place)), min_confidence)
                for place, (actor, row) in enumerate(zip(sentence.actors, rows[query], strict=True))
                if row
            ]
            for query, sentence in enumerate(sentences)
        ]

    def _explaining(
        self, queries: Sequence[Query], rows: Sequence[Rows]
    ) -> Work[dict[tuple[int, int], dict[str, list[Influence]]]]:
        """By query and actor, the words that moved its judgement."""
        encoder = self.checkpoint.encoder
        found: dict[tuple[int, int], dict[str, list[Influence]]] = {}
        for example in encoder.encode(queries):  # one at a time, since each becomes as many as its words
            query = queries[example.query]
            hidden = hidden_words(query, example, encoder.marker)
            if hidden:
                by_word = yield [masked for _, masked in hidden]
                for place, actor in enumerate(example.actors):
                    losses = [(word, r[place]) for (word, _), r in zip(hidden, by_word, strict=True)]
                    shown, mentions = rows[example.query][actor], query.actors[actor]
                    found[example.query, actor] = influences(shown, losses, query.text, mentions)
        return found

    def _known_targets(self, targets: Sequence[str] | None) -> list[str]:
        for target in targets or ():
            if target not in self.targets:
                known = ", ".join(self.targets)
                raise InputError(f"Unknown target {target!r}; this checkpoint knows {known}.")
        return self.targets if targets is None else list(dict.fromkeys(targets))

    def _check_actors(self, actors: Sequence[str] | None) -> None:
        for actor in actors or ():
            if actor not in self.matcher.registry.actors:
                raise InputError(f"Unknown actor {actor!r}; see models/actors.yaml for the ids.")

    def _marked(self, article: Article, actors: Sequence[str] | None) -> list[MarkedSentence]:
        """The title, where there is one, and the sentences, each with its actors."""
        check_article(article)
        title = [Span(0, len(article.title))] if article.title.strip() else []
        return [
            *self._found(article.title, title, actors),
            *self._found(article.text, split_sentences(article.text), actors),
        ]

    def _found(
        self, text: str, sentences: Sequence[Span], actors: Sequence[str] | None
    ) -> Iterator[MarkedSentence]:
        for span, found in zip(sentences, self.matcher.find_each(text, sentences), strict=True):
            wanted = [
                MarkedActor(*each) for each in found.items() if actors is None or each[0] in actors
            ]
            yield MarkedSentence(text[slice(*span)], wanted, span.start)

    def _analysis(self, article: Article, sentences: list[Sentence], min_confidence: float) -> Analysis:
        judgements = [judgement for sentence in sentences for judgement in sentence.judgements]
        titles = sentences[: bool(article.title.strip())]
        return Analysis(
            id=article.id,
            date=article.date,
            model=self.model,
            title=titles[0] if titles else None,
            sentences=sentences[len(titles) :],
            actors=summarise(judgements, min_confidence),
        )


def _sentence(marked: MarkedSentence, judgements: list[Judgement]) -> Sentence:
    end = marked.start + len(marked.text)
    return Sentence(text=marked.text, start=marked.start, end=end, judgements=judgements)
