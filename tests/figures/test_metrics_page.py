"""docs/metrics.md: its example is counted, and comes to what the page says."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tests.api.team import Team
from tests.figures.counted import OFFICE, count
from tests.figures.histories import write

from gateway.database.connections import fetch_in
from gateway.demo.matters import Matter
from gateway.figures.definitions import DEFINITIONS, Definition
from gateway.figures.reading import Asked, Reading, Readings, read

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
KINDS = {"csat", "nps", "ces"}
ROME = ZoneInfo("Europe/Rome")
HISTORY = re.compile(r"^\| ([A-D]) \| (\d{4}-\d\d-\d\d \d\d:\d\d) \| (.+) \|$", re.MULTILINE)
FIGURE = re.compile(r"^\| `(\w+)` \| ([\d:]+)( %)? \| (\d+) \|", re.MULTILINE)


def clock(name: str, due_at: datetime) -> dict[str, Any]:
    """Of the only policy."""
    metric = name.replace(" ", "_")
    return {"metric": metric, "cycle": 1, "policy": uuid4(), "due_at": due_at}


def tell(matter: Matter, at: datetime, what: str, team: Team, agents: dict[str, UUID]) -> None:
    what, _, met = what.removesuffix(" in time").partition(", ")
    more = {"met": [clock(met, at)]} if met else {}
    words, _, name = what.rpartition(" ")
    agent = agents.get(name)
    if words == "asked" or words in KINDS:
        kind, score = (name, None) if words == "asked" else (words, int(name))
        matter.survey(at, f"{matter.id} {kind}", kind, score)
        return
    if words == "assigned to" and agent is not None:
        matter.assign(at, agent)
    elif words == "answered by":
        matter.answer(at, agent, **more)
    elif what.startswith("solved"):
        matter.solve(at, agent, **more)
    elif name == "missed":
        matter.breach(at, clock(words, at))
    elif what == "escalated":
        matter.move(at, "conversation.escalated", team.queues["Specialists"], 2)
    elif what == "acknowledged":
        matter.answer(at, None)
    else:
        commands = {"opened": "open", "received": "receive", "pended": "pend", "woken": "wake"}
        getattr(matter, {**commands, "reopened": "reopen"}[what])(at)


async def week(team: Team) -> None:
    await team.ask("POST", "/v1/calendars", OFFICE)
    agents = {"Ada": team.agent_id, "Bo": team.admin_id}
    matters: dict[str, Matter] = {}
    for name, when, what in HISTORY.findall(PAGE.read_text()):
        new = Matter(uuid4(), team.channels["web_form"].id, team.queues["General"], 1)
        at = datetime.fromisoformat(when).replace(tzinfo=ROME).astimezone(UTC)
        tell(matters.setdefault(name, new), at, what, team, agents)
    await write(team, list(matters.values()))
    await count(team)


async def readings(team: Team, asked: Asked) -> Readings:
    async with team.gateway.database.transaction() as session:
        fetch = await fetch_in(session)
        return await read(fetch, team.workspace_id, list(DEFINITIONS.values()), asked)


def shown(definition: Definition, reading: Reading) -> float | None:
    if definition.kind == "duration":
        return reading.seconds / reading.cases
    return reading.value(definition)


def seconds(text: str) -> float:
    hours, minutes, rest = (int(part) for part in text.split(":"))
    return 3600 * hours + 60 * minutes + rest


async def test_the_figures_of_the_example_are_those_of_the_page(team: Team) -> None:
    await week(team)
    asked = Asked(since=date(2026, 3, 2), until=date(2026, 3, 9), clock="wall", zone="Europe/Rome")
    counted = {name: groups[""][0] for name, groups in (await readings(team, asked)).items()}
    found = FIGURE.findall(PAGE.read_text())
    assert [name for name, *_ in found] == list(DEFINITIONS)
    for name, value, percent, cases in found:
        expected = seconds(value) if ":" in value else int(value) / (100 if percent else 1)
        assert shown(DEFINITIONS[name], counted[name]) == expected, name
        assert counted[name].cases == int(cases), name


async def test_business_time_is_that_of_the_calendar(team: Team) -> None:
    await week(team)
    since, until = date(2026, 3, 2), date(2026, 3, 9)
    asked = Asked(since=since, until=until, clock="business", zone="Europe/Rome")
    first = (await readings(team, asked))["first_response"][""][0]
    said = re.findall(r"`first_response` is ([\d:]+) then", PAGE.read_text())
    assert [first.seconds / first.cases] == [seconds(each) for each in said]
