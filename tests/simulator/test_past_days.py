"""`sportello simulate --from-history`: who came then, with the team of then or another."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.house import House, bearer
from typer.testing import CliRunner

from gateway.cli import app

DAY = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday, in the zone of no calendar: UTC."""

MOVED = """
UPDATE decision SET decided_at = :at WHERE conversation_id = :id RETURNING 1
"""
ASSIGNED = """
UPDATE assignment SET assigned_at = :begins, ended_at = :ends
 WHERE conversation_id = :id RETURNING 1
"""


async def simulate(house: House, *words: str) -> tuple[int, str, str]:
    result = await asyncio.to_thread(
        CliRunner().invoke,
        app,
        ["simulate", "--workspace=house", *words],
        env={"DATABASE_URL": house.gateway.database.dsn},
    )
    return result.exit_code, result.stdout, result.stderr


async def figures(house: House, *words: str) -> list[dict[str, Any]]:
    status, told, errors = await simulate(house, "--from-history=2026-03-02", "--json", *words)
    assert (status, errors) == (0, ""), errors
    played: list[dict[str, Any]] = json.loads(told)
    return played


async def a_day(house: House, *hours: float, handling: float = 0.5) -> None:
    """Forms that came at these hours of the day, each taken at once and solved after a while."""
    for number, hour in enumerate(hours):
        await house.post_form(email=f"{number}@customer.test", message="A refund, please")
        [[id_]] = await house.rows("SELECT id FROM conversation WHERE status = 'queued'")
        token = house.team.agent
        await house.post(f"/v1/conversations/{id_}/take", token=token)
        await house.post(f"/v1/conversations/{id_}/solve", token=token)
        at = DAY + timedelta(hours=hour)
        ends = at + timedelta(hours=handling)
        await house.rows(MOVED, at=at, id=id_)
        await house.rows(ASSIGNED, begins=at, ends=ends, id=id_)


async def test_a_day_is_played_with_who_came_and_who_worked_then(house: House) -> None:
    """Ada, of capacity 5 and with the queue, worked from nine to half past eleven."""
    await serve_first_level(house)
    await a_day(house, 9, 9, 10, 11)
    [day] = await figures(house)
    assert day["name"] == "2026-03-02 as it was"
    assert day["notes"] == ["4 customers of 2026-03-02 (UTC)"]
    assert (day["whole"]["arrived"], day["whole"]["answered"]) == (4, 4)
    assert list(day["by_hour"]) == ["09:00", "10:00", "11:00"]
    [ada] = day["agents"]
    assert (ada["name"], ada["hours"], ada["answered"]) == ("Ada", 2.5, 4)
    assert ada["occupancy"] == 4 * 0.5 / (2.5 * 5)


async def test_scenarios_change_staff_and_rules_of_the_past(house: House, tmp_path: Path) -> None:
    await serve_first_level(house)
    await a_day(house, 9, 9, 9)
    (tmp_path / "rules.yaml").write_text(
        "rules:\n  - id: refunds\n    name: Refunds\n    stage: route\n"
        "    when: {field: text, op: contains_any, value: [refund]}\n"
        "    then: {queue: SPECIALISTS}\n"
    )
    scenario = tmp_path / "other.yaml"
    scenario.write_text(
        "name: Bob instead\nrules: rules.yaml\npatience: {web_form: 1s}\nagents:\n"
        "  - {name: Bob, capacity: 1, queues: {Specialists: 1}, shifts: [09:00-12:00],"
        " answers_after: 0s}\n"
    )
    then, other = await figures(house, str(scenario))
    assert (then["whole"]["answered"], other["whole"]["answered"]) == (3, 1)
    assert other["whole"]["gave_up"] == 2
    [queue] = other["by_queue"]
    assert queue.casefold() == "specialists"
    assert [agent["name"] for agent in other["agents"]] == ["Bob"]


async def test_the_draft_and_other_days(house: House) -> None:
    await serve_first_level(house)
    await a_day(house, 9)
    rule = {
        "id": "refunds",
        "name": "Refunds",
        "stage": "route",
        "when": {"field": "text", "op": "contains_any", "value": ["refund"]},
        "then": {"queue": str(house.team.second_level)},
    }
    headers = bearer(house.team.admin)
    answer = await house.http.put("/v1/rules/draft", json={"rules": [rule]}, headers=headers)
    assert answer.status_code == 200, answer.text
    [now], [drafted] = await figures(house), await figures(house, "--draft")
    assert now["by_queue"].keys() != drafted["by_queue"].keys()
    assert drafted["whole"]["still_waiting"] == 1  # nobody serves the second level
    status, told, _ = await simulate(house, "--from-history=2026-03-03", "--json")
    assert status == 0
    assert json.loads(told)[0]["whole"]["arrived"] == 0
    assert await simulate(house, "--from-history=monday") == (
        1,
        "",
        "'monday' is no day such as 2026-11-23\n",
    )


async def serve_first_level(house: House) -> None:
    """Ada serves the first level, from which she takes."""
    values = {
        "workspace": house.team.workspace_id,
        "agent": house.team.agent_id,
        "queue": house.team.first_level,
    }
    await house.rows(
        "INSERT INTO queue_member (workspace_id, agent_id, queue_id)"
        " VALUES (:workspace, :agent, :queue) RETURNING 1",
        **values,
    )
