"""Tables of records, as Markdown."""

from io import StringIO

from rich.console import Console
from rich.table import Table

__all__ = ["markdown"]

_WIDE = 250  # columns; a narrower page would break rows


def markdown(table: Table) -> str:
    """A table of the box `rich.box.MARKDOWN` as text, without a line end."""
    text = StringIO()
    Console(width=_WIDE, file=text).print(table)
    return text.getvalue().strip()
