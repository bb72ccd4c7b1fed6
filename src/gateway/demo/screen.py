"""The terminal: what happens scrolls by, the conversations stay below.

Where nobody watches (a pipe, a log) the same lines come plainly, the table once at the end.
"""

from collections.abc import Iterable
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

JSON = dict[str, Any]

PRIORITY_STYLES = {"urgent": "bold red", "high": "red", "low": "dim"}
COLUMNS = ("channel", "contact", "subject", "queue", "level", "priority", "status")
LONGEST_SUBJECT = 20  # the table then fits into 80 columns


class Screen:
    """`queues` are the names of queues by id."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._items: dict[str, JSON] = {}
        self.queues: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def chapter(self, text: str) -> None:
        self._print(Text(f"\n{text}", style="bold"))

    def sent(self, door: str, what: str, *, is_repetition: bool, is_known: bool | None) -> None:
        answer = "the door knows it already" if is_known else "the door accepts it again"
        again = f"  (sent once more: {answer})" if is_repetition else ""
        self._print(Text.assemble((f"  → {door:<9}", "cyan"), what, (again, "yellow")))

    def said(self, who: str, what: str) -> None:
        self._print(Text.assemble((f"  ← {who:<9}", "magenta"), what))

    def reasons(self, because: Iterable[str]) -> None:
        for sentence in because:
            self._print(Text(f"      {sentence}", style="green"))

    def event(self, event: JSON, item: JSON) -> None:
        """A line for the feed's event, and the conversation as it now is."""
        name = contact_of(item)
        self._print(Text(f"    {event['pos']:>6}  {event['type']:<22} {name}", style="dim"))
        self._items[item["id"]] = item
        self._live.update(self._table(), refresh=True)

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=not self._console.is_terminal)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
        for column in COLUMNS:
            table.add_column(column, no_wrap=True)
        for item in self._items.values():
            subject = Text(item["subject"] or "-")
            subject.truncate(LONGEST_SUBJECT, overflow="ellipsis")
            style = PRIORITY_STYLES.get(item["priority"], "")
            table.add_row(
                item["kind"],
                Text(contact_of(item)),
                subject,
                Text(self.queues.get(item["queue"]) or "?"),
                str(item["level"]),
                Text(item["priority"], style=style),
                item["status"],
            )
        return table


def contact_of(item: JSON) -> str:
    """A name if there is one; a visitor's address says nothing to people."""
    if name := item["contact"]["name"]:
        return str(name)
    identity = item["identity"]
    return "visitor" if identity["space"] == "visitor" else str(identity["address"])
