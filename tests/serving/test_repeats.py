import time
from typing import Never

import pytest

from serving.benchmarks.repeats import compared, fastest, interleaved, ratio, ready, spread


def test_entries_take_turns() -> None:
    order: list[str] = []
    took = interleaved({name: lambda name=name: order.append(name) for name in "abc"}, 0, least=3)
    assert "".join(order) == "abcabcabc"
    assert [len(each) for each in took.values()] == [3, 3, 3]


def test_no_round_begins_that_would_pass_the_time_given() -> None:
    took = interleaved({"sleeps": lambda: time.sleep(0.02)}, 0.2)
    assert 3 <= len(took["sleeps"]) <= 10


def test_the_fastest_size_is_found() -> None:
    size, seconds = fastest({n: lambda n=n: time.sleep(0.01 * abs(n - 8)) for n in (4, 8, 16)})
    assert size == 8
    assert seconds[16] > seconds[4] > seconds[8]


def test_one_that_cannot_be_made_or_run_is_told_and_the_others_go_on() -> None:
    def missing() -> Never:
        raise ModuleNotFoundError("No module named 'peer'")

    runs, absent = ready({"missing": missing, "fails": lambda: lambda: 1 // 0, "works": lambda: list})
    assert set(runs) == {"works"}
    assert absent["missing"] == "ModuleNotFoundError: No module named 'peer'"
    assert absent["fails"].startswith("ZeroDivisionError")


def test_a_spread_is_the_median_and_the_quartiles() -> None:
    found = spread([1, 2, 3, 4, 100])
    assert (found.low, found.median, found.high) == (2, 3, 4)


def test_a_ratio_has_an_interval_that_grows_with_the_noise() -> None:
    sure = ratio([6.0, 6.0, 6.1, 5.9, 6.0], [2.0, 2.0, 2.0, 2.0, 2.0])
    unsure = ratio([6.0, 9.0, 3.1, 5.9, 12.0], [2.0, 1.0, 2.0, 4.0, 2.0])
    assert sure.median == pytest.approx(3)
    assert sure.low <= 3 <= sure.high
    assert sure.high - sure.low < 0.2 < unsure.high - unsure.low


def test_ours_is_so_many_times_as_fast_as_each() -> None:
    runs = {"ours": lambda: time.sleep(0.01), "theirs": lambda: time.sleep(0.03)}
    found = compared(runs, 6, 0, "ours")
    assert found["entries"]["ours"]["ratio"]["median"] == 1
    assert 1 < found["entries"]["theirs"]["ratio"]["median"] <= 4
    assert 0 < found["entries"]["ours"]["per_second"]["median"] <= 600
