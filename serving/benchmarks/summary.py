"""What a whole benchmark measured, as Markdown with pictures beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.box import MARKDOWN
from rich.table import Table

from serving.benchmarks.markdown import markdown
from serving.benchmarks.repeats import OURS

__all__ = ["draw", "told", "write"]

_TITLES = {
    "shipped": "The shipped checkpoint",
    "base": "AraBERT base's size, random weights",
    "http": "Over HTTP, four callers",
}


def write(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes ``bench.json``, ``bench.md`` and a picture a comparison into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    record, page = folder / "bench.json", folder / "bench.md"
    record.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    page.write_text(told(found), "utf-8")
    return [record, page, *(draw(part, name, folder) for name, part in _parts(found).items())]


def _parts(found: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {**found["sizes"], "http": found["http"]}


def told(found: Mapping[str, Any]) -> str:
    """What was measured, in Markdown."""
    sections = [
        f"## {_TITLES[name]}\n\n{_compared(part)}\n![]({_picture(name)})"
        for name, part in _parts(found).items()
    ]
    text = "\n\n".join(["# Speed", _machine(found), *sections, "## Where the time goes", _own(found)])
    return f"{text}\n"


def _machine(found: Mapping[str, Any]) -> str:
    on = found["machine"]
    return (
        f"{on['processor']}, {on['cores']} cores, {on['threads']} threads; matrix products by "
        f"{', '.join(name for name in on['instructions'] if name.startswith(('avx', 'amx')))}; "
        f"PyTorch {on['versions']['torch']}, transformers {on['versions']['transformers']}. "
        f"Measured in {found['minutes']:.1f} minutes by `hudna bench`. Intervals are quartiles "
        "of rounds for rates, and 95% for ratios."
    )


def _compared(part: Mapping[str, Any]) -> str:
    table = Table("", "judgements a second", "quartiles", "Hudna is faster by", "95%", box=MARKDOWN)
    for name, each in part["entries"].items():
        rate, times = each["per_second"], each["ratio"]
        ratios = f"{times['median']:.2f} times", f"{times['low']:.2f}-{times['high']:.2f}"
        table.add_row(
            name,
            f"{rate['median']:,.1f}",
            f"{rate['low']:,.1f}-{rate['high']:,.1f}",
            *(("", "") if name == OURS else ratios),
        )
    lines = [f"{part['judgements']} judgements, {part['rounds']} rounds.", "", f"{markdown(table)}\n"]
    lines += [f"Not measured: {name} ({reason})." for name, reason in part["absent"].items()]
    if "batch_size" in part:
        tried = ", ".join(f"{size}: {rate:,.0f}" for size, rate in part["tried"].items())
        lines.append(
            f"\nThe pipeline's best batch is {part['batch_size']} (a second, by size: {tried})."
        )
    if "limit" in part:
        lines.append(_limit(part))
    return "\n".join(lines)


def _limit(part: Mapping[str, Any]) -> str:
    limit = part["limit"]
    rates = ", ".join(f"{rate / 1e9:,.0f} in {name}" for name, rate in limit["rates"].items())
    share = f"{limit['share']:.0%}" if limit["share"] is not None else "no known share"
    return (
        f"These sentences take {limit['operations'] / 1e9:,.1f} GFLOP. This machine multiplies matrices "
        f"of these shapes at so many GFLOP a second: {rates}. Hudna, in {limit['format']}, works at "
        f"{share} of that; {part['padding']:.1%} of what it reads is padding.\n"
    )


def _own(found: Mapping[str, Any]) -> str:
    """The classifier alone: an article, a start, steps, operators, actors, sentences, labels."""
    shares = _shares("step", found["steps"]["shares"]), _shares("operator", found["operators"])
    article, start, actors = found["article_ms"], found["start"], found["cost_of_five_actors"]
    precision, by_size = found["precision"], found["ms_a_sentence"].items()
    differences = precision["macro_f1_difference"].items()
    return "\n".join(
        [
            *shares,
            f"- An article of 25 sentences: {article['median']:.0f} ms "
            f"({article['low']:.0f}-{article['high']:.0f}).",
            f"- From the first import to the first answer: {start['seconds']:.1f} s; resident "
            f"{start['first_mb']:.0f} MB then, {start['working_mb']:.0f} MB after some articles.",
            f"- Matching reads {found['steps']['matched_mb_per_second']:.1f} MB of text a second.",
            f"- Five actors a sentence take {actors['median']:.2f} times as long as one "
            f"({actors['low']:.2f}-{actors['high']:.2f}).",
            "- Milliseconds a sentence, by sentences a call: "
            + ", ".join(f"{size}: {cost:.1f}" for size, cost in by_size)
            + ".",
            f"- Labels in {precision['format']} agree with float32's in {precision['agreement']:.2%} of "
            f"{precision['judgements']:,} judgements; macro-F1 differs by "
            + ", ".join(f"{100 * by:+.2f} points ({head})" for head, by in differences)
            + ".",
        ]
    )


def _shares(of: str, shares: Mapping[str, float]) -> str:
    table = Table(of, "share of the time", box=MARKDOWN)
    for name, share in shares.items():
        table.add_row(name, f"{share:.1%}")
    return f"{markdown(table)}\n\n"


def draw(part: Mapping[str, Any], name: str, folder: Path) -> Path:
    """A bar an entry: judgements a second, with quartiles, on a scale of powers."""
    entries = {entry: each["per_second"] for entry, each in part["entries"].items()}
    figure = Figure(figsize=(9, 0.45 * len(entries) + 1.2), layout="constrained")
    panel = figure.subplots()
    middles = [each["median"] for each in entries.values()]
    around = [
        [each["median"] - each["low"] for each in entries.values()],
        [each["high"] - each["median"] for each in entries.values()],
    ]
    colours = ["#0072B2" if entry == OURS else "#999999" for entry in entries]
    panel.barh(list(entries), middles, xerr=around, color=colours)
    panel.invert_yaxis()
    panel.set_xscale("log")
    panel.set_xlabel("judgements a second")
    panel.set_title(_TITLES[name], loc="left")
    panel.spines[["top", "right"]].set_visible(False)
    file = folder / _picture(name)
    figure.savefig(file, metadata={"Date": None})
    return file


def _picture(name: str) -> str:
    return f"bench-{name}.svg"
