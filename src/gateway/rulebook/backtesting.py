"""The process of one backtest: what to do on standard input, JSON lines on standard output.

It reads the newest conversations first, in pages by key, each a statement of its own: memory does
not grow with the number of decisions, and no transaction is held open.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from gateway.rulebook.replaying import BARE, RECALLED, Lacking, Wanted, recall
from gateway.rulebook.samples import decide
from gateway.rulebook.tallies import Tally
from routing.engine import RuleSet
from routing.facts import Reference
from routing.queues import QueueRef
from routing.rules import parse_rule

FIRST_PAGE = 50
PAGE = 500
PAGE_CHARACTERS = 4_000_000
"""Of texts in one page, as far as the page before it tells."""
PROGRESS_S = 0.5
NICENESS = 10

WHERE = """
 WHERE d.workspace_id = $1 AND (d.conversation_id, d.id) < ($2, $3)
   AND d.decided_at >= $4 AND d.decided_at < $5
 ORDER BY d.conversation_id DESC, d.id DESC LIMIT $6
"""
LAST = UUID(int=2**128 - 1)

Row = Any


@dataclass(frozen=True, slots=True)
class Request:
    """`limit` bounds the decisions; `since` and `until` bound when they were taken."""

    dsn: str
    workspace: int
    rules: list[dict[str, Any]]
    queues: list[dict[str, Any]]
    existing: dict[str, list[str]]
    default_queue: str
    limit: int
    since: str
    until: str

    def rule_set(self) -> RuleSet:
        queues = {each["id"]: QueueRef(**each) for each in self.queues}
        existing = {Reference(kind): frozenset(ids) for kind, ids in self.existing.items()}
        rules = [parse_rule(rule, existing=existing) for rule in self.rules]
        return RuleSet(0, rules, queues, self.default_queue)


@dataclass(slots=True)
class Backtest:
    """What has been found so far; what could not be decided exactly is counted apart."""

    rules: RuleSet
    exact: Tally = field(default_factory=Tally)
    inexact: Tally = field(default_factory=Tally)
    reasons: Counter[Lacking] = field(default_factory=Counter)
    failed: int = 0
    wanted: Wanted = field(init=False)

    def __post_init__(self) -> None:
        self.wanted = Wanted.by(self.rules)

    @property
    def decisions(self) -> int:
        return self.exact.decisions + self.inexact.decisions + self.failed

    def replay(self, row: Row) -> None:
        try:
            recalled = recall(row, self.wanted)
            decision = decide(self.rules, recalled.facts, in_full=False)
        except (TypeError, ValueError):  # facts of another time, which rules no longer know
            self.failed += 1
            return
        self.reasons.update(recalled.lacking)
        tally = self.inexact if recalled.lacking else self.exact
        tally.add(row, decision)

    def result(self) -> dict[str, Any]:
        reasons = {str(reason): number for reason, number in self.reasons.items()}
        inexact = {**self.inexact.document(), "reasons": reasons}
        matched = self.exact.hits.keys() | self.inexact.hits.keys()
        return {
            "type": "result",
            "decisions": self.decisions,
            "failed": self.failed,
            "exact": self.exact.document(),
            "inexact": inexact,
            "unmatched": [id_ for id_ in self.rules.ids if id_ not in matched],
        }


async def pages(request: Request, *, with_texts: bool) -> AsyncIterator[Sequence[Row]]:
    """Decisions a page at a time, the next one fetched while this one is worked on."""
    statement = (RECALLED if with_texts else BARE) + WHERE
    connection = await asyncpg.connect(
        request.dsn, server_settings={"application_name": "sportello-backtest"}
    )
    since, until = (datetime.fromisoformat(each) for each in (request.since, request.until))
    left, size = request.limit, FIRST_PAGE
    after = (LAST, LAST)

    def fetch() -> "asyncio.Task[list[Row]]":
        asked = connection.fetch(
            statement, request.workspace, *after, since, until, min(size, left)
        )
        return asyncio.ensure_future(asked)

    following = fetch()
    try:
        while rows := await following:
            left -= len(rows)
            size = page_after(rows) if with_texts else PAGE
            after = rows[-1]["conversation_id"], rows[-1]["id"]
            following = fetch()
            await asyncio.sleep(0)  # lets the question out before the work begins
            yield rows
            if left <= 0:
                break
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await connection.close()


def page_after(rows: Sequence[Row]) -> int:
    """How many decisions to ask for next: the longer the texts, the fewer."""
    characters = sum(len(row["text"] or "") for row in rows)
    return max(1, min(PAGE, PAGE_CHARACTERS * len(rows) // max(1, characters)))


async def run(request: Request) -> None:
    """Do it all, telling the progress; the last line is the result."""
    backtest = Backtest(request.rule_set())
    began = told = time.monotonic()
    async for rows in pages(request, with_texts=bool(backtest.wanted.texts)):
        for row in rows:
            backtest.replay(row)
        now = time.monotonic()
        if now - told >= PROGRESS_S:
            told = now
            tell({"type": "progress", "decisions": backtest.decisions, "seconds": now - began})
    tell(backtest.result() | {"seconds": time.monotonic() - began})


def tell(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    os.nice(NICENESS)
    request = Request(**orjson.loads(sys.stdin.buffer.read()))
    with suppress(BrokenPipeError):  # nobody listens any more
        asyncio.run(run(request))


if __name__ == "__main__":
    main()
