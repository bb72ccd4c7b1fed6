"""Leads get the report of each week once, by mail and over the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
from tests.answers.test_acknowledgements import change, channel_id
from tests.api.team import Team
from tests.delivery.providers import MailServer, mail_server
from tests.figures.counted import count
from tests.figures.histories import write
from tests.house import House, serving

from gateway.demo.matters import Matter
from gateway.reporting.mailing import ReportMailer

MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)
"""On which the week from 2 to 8 March has ended."""


@asynccontextmanager
async def reporting(dsn: str) -> AsyncIterator[tuple[House, MailServer, ReportMailer]]:
    async with mail_server() as server, serving(dsn) as house, httpx.AsyncClient() as http:
        path = f"/v1/channels/{await channel_id(house, 'email')}"
        await change(house, path, settings=server.settings)
        await change(house, "/v1/workspace", weekly_report=True)
        bea = {"name": "Bea", "email": "bea@example.com", "role": "supervisor"}
        await change(house, "/v1/agents", "POST", **bea)
        gateway = house.gateway
        yield (
            house,
            server,
            ReportMailer(gateway.database, gateway.configuration, http, "https://help.test"),
        )


async def test_each_lead_gets_it_once(dsn: str) -> None:
    async with reporting(dsn) as (house, server, mailer):
        cid = {"name": "Cid", "email": "cid@example.com", "role": "agent"}
        await change(house, "/v1/agents", "POST", **cid)
        assert await mailer.mail_due(MONDAY - timedelta(hours=3)) == 0
        await mailer.mail_due(MONDAY)
        await mailer.mail_due(MONDAY + timedelta(days=2))
        sent = server.mails
        assert {mail["Subject"] for mail in sent} == {"Your service from 2 March to 8 March 2026"}
        assert [str(mail["To"]) for mail in sent] == ["bea@example.com"]
        assert all(mail["Message-ID"] and mail["Auto-Submitted"] for mail in sent)


async def test_what_was_claimed_and_not_noted_is_sent_again(dsn: str) -> None:
    async with reporting(dsn) as (house, server, mailer):
        await mailer.mail_due(MONDAY)
        [first] = server.mails
        await house.rows("UPDATE report_mail SET sent_at = NULL RETURNING 1")
        await mailer.mail_due(MONDAY + timedelta(minutes=5))
        assert len(server.mails) == 1
        await mailer.mail_due(MONDAY + timedelta(minutes=11))
        [_, again] = server.mails
        assert first["Message-ID"] == again["Message-ID"]


async def test_nobody_gets_it_who_does_not_want_it(dsn: str) -> None:
    async with reporting(dsn) as (house, server, mailer):
        await change(house, "/v1/workspace", weekly_report=False)
        assert await mailer.mail_due(MONDAY) == 0
        assert server.mails == []


def told(team: Team, at: datetime, minutes: int) -> Matter:
    matter = Matter(uuid4(), team.channels["chat"].id, team.queues["General"], 1)
    matter.open(at, type="order")
    matter.assign(at, team.agent_id)
    matter.answer(at + timedelta(minutes=minutes), team.agent_id)
    matter.solve(at + timedelta(minutes=minutes + 1), team.agent_id)
    return matter


async def test_what_became_worse_is_told_with_its_evidence(team: Team) -> None:
    quick = [told(team, MONDAY - timedelta(days=12, minutes=n), 10) for n in range(20)]
    slow = [told(team, MONDAY - timedelta(days=5, minutes=n), 300) for n in range(20)]
    await write(team, [*quick, *slow])
    await count(team)
    report = await team.get("/v1/reports/weekly?monday=2026-03-02")
    worst = {each["figure"]["name"]: each for each in report["attention"]}
    assert "first_response" in worst or "response" in worst
    for each in worst.values():
        assert each["deviations"] > 2.5
        assert (each["now"]["cases"], each["before"]["cases"]) == (20, 20)
    assert "the week before" in report["attention"][0]["says"]
    page = await team.call("GET", "/v1/reports/weekly/page?monday=2026-03-02")
    assert page.headers["content-type"].startswith("text/html")
    assert report["attention"][0]["says"] in page.text
    assert (await team.call("GET", "/v1/reports/weekly?monday=2026-03-03")).status_code == 422
    refused = await team.call("GET", "/v1/reports/weekly", token=team.agent)
    assert refused.status_code == 403
