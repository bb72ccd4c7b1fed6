"""Deliver a manifest's cases to a gateway of its own, and print what an API client then sees.

    uv run python benchmarks/mail_eval.py MANIFEST > results.jsonl

One JSON object a line: `id`, `error` (null, or why the case failed), and the observables of
`mail_observables.py`; for sets of mails `conversations`, `seconds` and `stored_messages`. Mails go
in by SMTP, text messages by Twilio's door. Progress goes to stderr.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script it sees its own folder only

from benchmarks.mail_cases import Case, read_cases
from benchmarks.mail_desk import PATIENCE_S, Desk, Json, NotStored
from benchmarks.mail_observables import observables
from tests.served import served

AT_ONCE = 4


@dataclass
class Evaluation:
    """The mailbox that single mails share, and the ids of the messages that were stored."""

    desk: Desk
    mailbox: Json
    stored: set[str] = field(default_factory=set)

    async def result(self, number: int, case: Case) -> Json:
        try:
            return {"id": case.id, "error": None, **await self._outcome(number, case)}
        except (NotStored, OSError, ValueError, KeyError, httpx.HTTPError) as error:
            return {"id": case.id, "error": f"{type(error).__name__}: {error}"[:500]}

    async def _outcome(self, number: int, case: Case) -> Json:
        if case.is_form:
            return await self._forms(case, await self.desk.new_number(number))
        if case.is_thread:
            return await self._mails(case, await self.desk.new_mailbox(f"case-{number}"))
        return await self._mails(case, self.mailbox)

    async def _mails(self, case: Case, mailbox: Json) -> Json:
        begin = time.monotonic()
        arrived: list[Json | None] = []
        for raw in case.mails():
            try:
                arrived.append(await self._mail(raw, mailbox))
            except NotStored:
                if not case.is_thread:
                    raise
                arrived.append(None)
        return await self._told(case, arrived, time.monotonic() - begin)

    async def _mail(self, raw: bytes, mailbox: Json) -> Json:
        async with asyncio.timeout(PATIENCE_S):
            return await self.desk.mail(raw, mailbox)

    async def _forms(self, case: Case, channel: Json) -> Json:
        begin = time.monotonic()
        arrived: dict[str, Json] = {}
        order: list[Json | None] = []
        for fields in case.forms():
            try:
                sid = await self.desk.post(fields, channel)
                if sid not in arrived:
                    known = frozenset(message["id"] for message in arrived.values())
                    arrived[sid] = await self.desk.newest_in(channel, known)
                order.append(arrived[sid])
            except NotStored:
                if not case.is_thread:
                    raise
                order.append(None)
        return await self._told(case, order, time.monotonic() - begin)

    async def _told(self, case: Case, arrived: list[Json | None], seconds: float) -> Json:
        stored = [message for message in arrived if message]
        self.stored |= {message["id"] for message in stored}
        if not case.is_thread:
            return {**observables(stored[-1]), "seconds": seconds}
        return {
            "conversations": [message and message["conversation"] for message in arrived],
            "stored_messages": await self._count(stored),
            "seconds": seconds,
        }

    async def _count(self, stored: list[Json]) -> int:
        """How many messages of customers are in the conversations of a case, by its channel."""
        messages = [
            message
            for conversation in {each["conversation"] for each in stored}
            for message in await self.desk.messages_of(conversation)
        ]
        channels = {each["channel"] for each in stored}
        return sum(m["direction"] == "inbound" and m["channel"] in channels for m in messages)


async def evaluate(cases: list[Case], desk: Desk) -> None:
    evaluation = Evaluation(desk, await desk.new_mailbox("singles"))
    gate = asyncio.Semaphore(AT_ONCE)

    async def judge(number: int, case: Case) -> Json:
        async with gate:
            return await evaluation.result(number, case)

    running = [asyncio.create_task(judge(number, case)) for number, case in enumerate(cases)]
    failed = 0
    for done, result in enumerate(asyncio.as_completed(running), start=1):
        line = await result
        failed += line["error"] is not None
        print(json.dumps(line), flush=True)
        if done % 50 == 0 or done == len(cases):
            say(f"{done} of {len(cases)}, {failed} with an error")
    say(f"{len(evaluation.stored)} messages answered for, {await desk.count_messages()} stored")


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


async def main(manifest: Path) -> None:
    cases = list(read_cases(manifest))
    say(f"{len(cases)} cases; starting a gateway")
    with served() as gateway:
        headers = {"Authorization": f"Bearer {gateway.printed('sk_')}"}
        options: dict[str, Any] = {"headers": headers, "timeout": PATIENCE_S}
        async with httpx.AsyncClient(base_url=gateway.url, **options) as http:
            await evaluate(cases, Desk(http, int(gateway.environment["SPORTELLO_SMTP_PORT"])))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: mail_eval.py MANIFEST > results.jsonl")
    asyncio.run(main(Path(sys.argv[1])))
