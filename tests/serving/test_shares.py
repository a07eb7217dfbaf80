import math
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest

from serving.ledger import Counts
from serving.scored import Scored
from serving.shares import changes, most_named, period_of, shares

HEADS = ["ceasefire"]


class Told(Scored):
    """Judgements that a test names: (article, day, actor, label, uncertain)."""

    def __init__(self, rows: list[tuple[int, date | None, str, str, bool]]) -> None:
        super().__init__([], HEADS, "m 1", Counts(), True)
        object.__setattr__(self, "rows", rows)

    @property
    def judgements(self) -> pl.LazyFrame:
        names = ["article", "date", "actor", "ceasefire", "ceasefire_uncertain"]
        frame = pl.LazyFrame(self.rows, names, schema_overrides={"date": pl.Date}, orient="row")
        return frame.with_columns(name=pl.col("actor").str.to_uppercase())


DAY = date(2019, 4, 4)


def test_shares_are_of_sure_judgements_that_take_a_side() -> None:
    labels = ["favor"] * 6 + ["against"] * 3 + ["conditional"] + ["none"] * 10
    rows = [(n, DAY, "haftar", label, False) for n, label in enumerate(labels)]
    rows += [(50 + n, DAY, "haftar", "against", True) for n in range(5)]
    [share] = shares(Told(rows), ["haftar"], None)
    assert (share.judged, share.uncertain, share.bearing) == (25, 5, 10)
    assert {side: values[0] for side, values in share.sides.items()} == {
        "favor": 0.6, "against": 0.3, "conditional": 0.1,
    }  # fmt: skip
    low, high = share.sides["favor"][1:]
    assert low == pytest.approx(0.3, abs=0.11)
    assert high == pytest.approx(0.9, abs=0.11)
    assert share.net[0] == pytest.approx(0.3)


def test_the_sentences_of_one_article_are_not_independent() -> None:
    apart = [(n, DAY, "a", "favor" if n % 2 else "against", False) for n in range(40)]
    together = [(n // 10, *rest) for n, (_, *rest) in enumerate(sorted(apart, key=lambda row: row[3]))]
    [wide], [narrow] = (shares(Told(rows), ["a"], None) for rows in (together, apart))
    assert wide.net[2] - wide.net[1] > 1.5 * (narrow.net[2] - narrow.net[1])


def test_nothing_and_one_article_have_no_interval() -> None:
    [share] = shares(Told([(0, DAY, "a", "none", False)]), ["a"], None)
    assert share.bearing == 0
    assert all(math.isnan(value) for value in share.net)
    [share] = shares(Told([(0, DAY, "a", "favor", False)]), ["a"], None)
    assert share.net[0] == 1
    assert math.isnan(share.net[1])


def test_where_all_articles_agree_a_share_has_wilsons_interval() -> None:
    [share] = shares(Told([(n, DAY, "a", "favor", False) for n in range(8)]), ["a"], None)
    assert share.sides["favor"] == pytest.approx((1, 0.676, 1), abs=0.001)
    assert share.sides["against"] == pytest.approx((0, 0, 0.324), abs=0.001)
    assert math.isnan(share.net[1])


def test_periods_fit_the_archive() -> None:
    def over(days: int) -> str | None:
        return period_of(Told([(n, DAY + timedelta(n * days), "a", "none", False) for n in range(2)]))

    assert [over(days) for days in (10, 200, 600, 3_000, 9_000)] == ["1d", "1w", "1mo", "1q", "1y"]
    strays = [(n, DAY + timedelta(n % 10), "a", "none", False) for n in range(1_000)]
    assert period_of(Told([*strays, (0, date(1970, 1, 1), "a", "none", False)])) == "1d"
    assert over(0) is None
    assert period_of(Told([(0, None, "a", "none", False)])) is None


def turned(weeks: int, turn: int, seed: int) -> Told:
    """An actor that is asked thirty times a week, and mostly against until the turn, then in favor."""
    draw = Random(seed)
    rows = [
        (week * 30 + n, DAY + timedelta(weeks=week), "a", label, False)
        for week in range(weeks)
        for n in range(30)
        for label in ["favor" if (draw.random() < 0.8) == (week >= turn) else "against"]
    ]
    return Told(rows)


def test_a_turn_is_found_where_it_was() -> None:
    told = turned(30, 17, 1)
    [change] = changes(shares(told, ["a"], "1w"))
    assert abs((change.period - DAY).days / 7 - 17) <= 1
    assert change.before < -0.4 < 0.4 < change.after


def test_no_turn_is_found_where_there_was_none() -> None:
    found = [changes(shares(turned(30, 99, seed), ["a"], "1w")) for seed in range(10)]
    assert sum(map(len, found)) <= 1


def test_a_large_archive_that_moves_from_week_to_week_has_not_turned() -> None:
    draw = Random(3)
    rows = []
    for week in range(40):
        favor = draw.uniform(0.4, 0.6)
        labels = ["favor" if draw.random() < favor else "against" for _ in range(400)]
        day = DAY + timedelta(weeks=week)
        rows += [(week * 400 + n, day, "a", label, False) for n, label in enumerate(labels)]
    assert changes(shares(Told(rows), ["a"], "1w")) == []


def test_a_turn_from_one_voice_to_the_other_is_found() -> None:
    rows = [
        (week * 10 + n, DAY + timedelta(weeks=week), "a", "favor" if week >= 8 else "against", False)
        for week in range(16)
        for n in range(10)
    ]
    [change] = changes(shares(Told(rows), ["a"], "1w"))
    assert (change.before, change.after) == (-1, 1)


def test_the_most_named_come_first() -> None:
    rows = [(n, DAY, actor, "none", False) for n, actor in enumerate("aabbbc")]
    assert most_named(Told(rows), 2) == [("b", "B"), ("a", "A")]


def test_a_stray_date_stretches_no_picture_and_counts_over_all() -> None:
    rows = [(n, DAY + timedelta(n % 20), "a", "favor", False) for n in range(1_000)]
    over_all, *by_period = shares(
        Told([*rows, (2_000, date(1970, 1, 1), "a", "favor", False)]), ["a"], "1d"
    )
    assert over_all.judged == 1_001
    assert min(share.period for share in by_period) == DAY


def test_the_interval_over_all_does_not_hang_on_the_period() -> None:
    """With `--flat` the articles of one id are one, whatever their dates."""
    told = Told(
        [(0, DAY + timedelta(31 * n), "a", ("favor", "against")[n % 2], False) for n in range(12)]
    )
    [whole], [by_month, *_] = (shares(told, ["a"], period) for period in (None, "1mo"))
    assert math.isnan(whole.net[1])
    assert math.isnan(by_month.net[1])
