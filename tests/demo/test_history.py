"""A past that is written is one that the reports can count, and that is beside no other."""

from datetime import UTC, datetime

import pytest
from tests.api.team import Team

from gateway.demo.failure import DemoFailed
from gateway.demo.past import Filled, fill_in
from gateway.first_start import create_workspace


async def filled(team: Team, name: str, number: int = 400) -> Filled:
    gateway = team.gateway
    return await fill_in(gateway.database, gateway.box, name, days=120, number=number, seed=7)


@pytest.fixture
async def past(team: Team) -> Filled:
    async with team.gateway.database.transaction() as session:
        await create_workspace(session, "demo")
    return await filled(team, "demo")


OF_DEMO = "workspace_id = (SELECT id FROM workspace WHERE name = 'demo')"
LOG = f"""
SELECT count(*) AS events, count(DISTINCT pos) AS places, max(at) AS last,
       bool_and(at >= before) AS is_in_order
  FROM (SELECT *, coalesce(lag(at) OVER (ORDER BY pos), at) AS before
          FROM event WHERE {OF_DEMO}) AS log
"""  # noqa: S608 - a constant
TOLD = f"""
SELECT sum(message_count) AS counted, array_agg(DISTINCT status ORDER BY status) AS statuses,
       (SELECT count(*) FROM message WHERE {OF_DEMO}) AS kept
  FROM conversation WHERE {OF_DEMO}
"""  # noqa: S608 - a constant


async def test_the_past_is_whole_and_its_figures_are_counted(team: Team, past: Filled) -> None:
    [log], [told] = await team.sql(LOG), await team.sql(TOLD)
    assert log["events"] == log["places"] == past.events
    assert log["is_in_order"]
    assert log["last"] <= datetime.now(UTC)
    assert told["statuses"] == ["closed", "solved"]
    assert told["counted"] == told["kept"] > 2 * past.conversations
    figures = await team.sql(f"SELECT DISTINCT figure FROM figure_case WHERE {OF_DEMO}")  # noqa: S608
    names = {row["figure"] for row in figures}
    assert {"new", "first_response", "abandoned", "sla_first_response", "reopened"} <= names


async def test_one_logs_in_to_see_it(team: Team, past: Filled) -> None:
    body = {"email": past.email, "password": past.password, "token": True}
    entered = await team.http.post("/v1/sessions", json=body)
    assert entered.status_code == 201
    shown = await team.get("/v1/figures?figure=new", token=entered.json()["secret"])
    assert shown["now"]["value"] > 0


async def test_a_workspace_that_has_a_past_is_left_alone(team: Team, past: Filled) -> None:
    await team.submit("A real question")
    before = await team.sql("SELECT workspace_id, id FROM conversation ORDER BY id")
    for name in ("demo", "north"):
        with pytest.raises(DemoFailed, match="history of its own"):
            await filled(team, name)
    assert await team.sql("SELECT workspace_id, id FROM conversation ORDER BY id") == before
