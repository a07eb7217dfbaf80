import asyncio
import threading
import time
from collections.abc import Generator, Sequence

import numpy as np
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from models.classifier import Article, Classifier, Work
from models.encoding import Example
from models.reading import Rows
from serving.scheduler import Pass, Scheduler, Watcher


def example(length: int, tag: int = 0) -> Example:
    return Example(tag, (0,), tuple(range(length - 1)), ((1,),), ((0, 1),) * (length - 1))


def scored(examples: Sequence[Example]) -> list[Rows]:
    return [[{"ceasefire": np.array(each.query, np.float32)}] for each in examples]


def work(examples: Sequence[Example]) -> Generator[Sequence[Example], Sequence[Rows], list[float]]:
    rows = yield examples
    return [float(row[0]["ceasefire"]) for row in rows]


class Recorder:
    """A network that writes down each pass; it can be slow, and fail on a tag."""

    def __init__(self, seconds: float = 0.0, failing: int | None = None) -> None:
        self.passes: list[list[int]] = []
        self.seconds, self.failing = seconds, failing
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def __call__(self, examples: Sequence[Example]) -> list[Rows]:
        self.begun.set()
        self.may_go_on.wait(30)
        time.sleep(self.seconds)
        self.passes.append([each.query for each in examples])
        if self.failing in self.passes[-1]:
            raise ValueError("the network failed")
        return scored(examples)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def test_every_row_comes_back_to_its_example() -> None:
    async def calls() -> list[list[float]]:
        scheduler = Scheduler(scored, 100, 10_000)
        tags = [[1, 2, 3], [], [4], list(range(5, 60))]
        lengths = [7, 30, 12, 50, 9]
        jobs = [work([example(lengths[tag % 5], tag) for tag in each]) for each in tags]
        return await asyncio.gather(*map(scheduler.perform, jobs))

    assert run(calls()) == [[1, 2, 3], [], [4], [*map(float, range(5, 60))]]


def test_a_pass_keeps_the_token_budget() -> None:
    passes: list[Pass] = []

    class Seen(Watcher):
        def passed(self, passed: Pass) -> None:
            passes.append(passed)

    async def calls() -> None:
        scheduler = Scheduler(scored, 100, 10_000, Seen())
        await scheduler.perform(work([example(length) for length in range(5, 50)]))

    run(calls())
    assert sum(each.pieces for each in passes) == sum(range(5, 50))
    assert all(each.pieces <= each.padded <= 100 for each in passes)
    assert all(each.fill == each.padded / 100 for each in passes)


def test_what_is_done_beside_the_network_is_timed_step_by_step() -> None:
    steps: list[tuple[str, float]] = []

    class Seen(Watcher):
        def prepared(self, step: str, seconds: float) -> None:
            steps.append((step, seconds))

    def slow() -> Work[str]:
        time.sleep(0.05)
        yield [example(10)]
        return "done"

    async def calls() -> str:
        return await Scheduler(scored, 100, 10_000, Seen()).perform(slow())

    assert run(calls()) == "done"
    [(first, longer), (second, shorter)] = steps
    assert (first, second) == ("before", "after")
    assert longer >= 0.05 > shorter


def test_calls_share_a_pass() -> None:
    network = Recorder(0.05)

    async def calls() -> None:
        scheduler = Scheduler(network, 160, 10_000)
        await asyncio.gather(*(scheduler.perform(work([example(10, tag)])) for tag in range(9)))

    run(calls())
    assert len(network.passes) <= 3  # the first goes alone, and the others do not wait for company


def test_a_short_call_overtakes_a_long_one() -> None:
    network = Recorder(0.01)

    async def calls() -> int:
        scheduler = Scheduler(network, 100, 100_000)
        long = asyncio.create_task(scheduler.perform(work([example(20, 1)] * 500)))
        await asyncio.to_thread(network.begun.wait)
        await scheduler.perform(work([example(20, 2)]))
        passes = len(network.passes)
        await long
        return passes

    assert run(calls()) <= 4
    assert len(network.passes) >= 100


def test_no_call_waits_while_one_with_very_many_pieces_is_prepared() -> None:
    prepared = threading.Event()

    def huge() -> Work[str]:
        assert prepared.wait(5), "The short call waited for this one."
        yield []
        return "huge"

    async def calls() -> str:
        scheduler = Scheduler(Recorder(), 100, 100_000)
        long = asyncio.create_task(scheduler.perform(huge(), pieces=50_000))
        await scheduler.perform(work([example(20, 2)]), pieces=20)
        prepared.set()
        return await long

    assert run(calls()) == "huge"


def test_a_call_of_another_length_has_its_turn() -> None:
    network = Recorder(0.01)

    async def calls() -> int:
        scheduler = Scheduler(network, 100, 100_000)
        long = asyncio.create_task(scheduler.perform(work([example(50, 1)] * 200)))
        await asyncio.to_thread(network.begun.wait)
        await scheduler.perform(work([example(5, 2)]))
        passes = len(network.passes)
        await long
        return passes

    assert run(calls()) <= 4


def test_a_lone_call_is_cut_over_all_that_read() -> None:
    network = Recorder(0.05)

    async def calls() -> list[float]:
        scheduler = Scheduler(network, 1_000, 10_000, passes=2)
        return await scheduler.perform(work([example(10, tag) for tag in range(8)]))

    assert run(calls()) == [*map(float, range(8))]
    assert sorted(map(len, network.passes)) == [4, 4]


def test_no_more_passes_run_at_once_than_are_allowed() -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def network(examples: Sequence[Example]) -> list[Rows]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return scored(examples)

    async def calls() -> None:
        scheduler = Scheduler(network, 20, 10_000, passes=3)
        await asyncio.gather(*(scheduler.perform(work([example(10)] * 10)) for _ in range(5)))

    run(calls())
    assert most == 3


def test_every_thread_that_reads_is_made_ready_first() -> None:
    ready: list[int] = []

    async def calls() -> None:
        scheduler = Scheduler(
            Recorder(0.02), 10, 10_000, passes=2, begin=lambda: ready.append(threading.get_ident())
        )
        await scheduler.perform(work([example(10)] * 4))

    run(calls())
    assert len(set(ready)) == len(ready) == 2


def test_an_error_falls_only_on_the_calls_of_its_pass() -> None:
    network = Recorder(0.02, failing=2)

    async def calls() -> list[object]:
        scheduler = Scheduler(network, 100, 10_000)
        first = asyncio.create_task(scheduler.perform(work([example(10, 1)])))
        await asyncio.to_thread(network.begun.wait)
        second = asyncio.create_task(scheduler.perform(work([example(10, 2)])))
        await asyncio.sleep(0.05)
        third = asyncio.create_task(scheduler.perform(work([example(10, 3)])))
        return await asyncio.gather(first, second, third, return_exceptions=True)

    first, second, third = run(calls())
    assert (first, third) == ([1], [3])
    assert isinstance(second, ValueError)


def test_an_error_in_a_pass_of_several_calls_falls_on_the_one_that_made_it() -> None:
    network = Recorder(failing=2)
    prepared: list[float] = []

    class Seen(Watcher):
        def prepared(self, step: str, seconds: float) -> None:
            prepared.append(seconds)

    async def calls() -> list[object]:
        scheduler = Scheduler(network, 100, 10_000, Seen())
        network.may_go_on.clear()  # until all wait: the two passes before them are of one call
        before = scheduler.perform(work([example(10, 0)] * 20))
        together = (scheduler.perform(work([example(10, tag)] * 2)) for tag in (1, 2, 3))
        answers = asyncio.gather(before, *together, return_exceptions=True)
        while len(prepared) < 4:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # until what was prepared is queued, on a busy machine too
        network.may_go_on.set()
        return await answers

    _, first, second, third = run(calls())
    assert any(set(passed) >= {1, 2, 3} for passed in network.passes)
    assert (first, third) == ([1, 1], [3, 3])
    assert isinstance(second, ValueError)


def test_preparing_and_reading_are_spans_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    exported = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    tracer = provider.get_tracer("test")
    monkeypatch.setattr("serving.scheduler._tracer", tracer)

    async def call() -> None:
        with tracer.start_as_current_span("call"):
            await Scheduler(scored, 100, 10_000).perform(work([example(10)] * 3))

    run(call())
    spans = {span.name: span for span in exported.get_finished_spans()}
    assert spans.keys() == {"call", "hudna.prepare", "hudna.read"}
    assert spans["hudna.read"].parent.span_id == spans["call"].context.span_id
    assert spans["hudna.read"].attributes["examples"] == 3


def test_a_cancelled_call_is_not_read_further() -> None:
    network = Recorder(0.02)

    async def calls() -> None:
        scheduler = Scheduler(network, 20, 10_000)
        call = asyncio.create_task(scheduler.perform(work([example(20, 1)] * 100)))
        await asyncio.to_thread(network.begun.wait)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await scheduler.perform(work([example(20, 2)]))

    run(calls())
    assert sum(passed.count(1) for passed in network.passes) <= 3


def test_work_through_the_queue_answers_as_the_classifier_does(classifier: Classifier) -> None:
    articles = [
        Article("a", "رفض حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."),
        Article("b", "سكتت تركيا."),
    ]

    async def calls() -> object:
        scheduler = Scheduler(classifier.reader.read, 256, 10_000)
        try:
            return await scheduler.perform(classifier.analysing(articles, explain=True))
        finally:
            await scheduler.close()

    assert run(calls()) == classifier.analyze(articles, explain=True)
