"""Opening hours over the API, and as a fact that rules ask."""

from typing import Any
from uuid import uuid4

import pytest
from tests.api.team import Team

ALWAYS = [{"from": "00:00", "to": "24:00"}]
OFFICE = {"from": "09:00", "to": "13:00"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ROUND_THE_CLOCK = {
    "name": "Round the clock",
    "timezone": "Europe/Rome",
    "week": dict.fromkeys(DAYS, ALWAYS),
}
NEVER = {"name": "Never", "timezone": "Europe/Rome", "week": {}}


async def route_out_of_hours(team: Team) -> None:
    rule = {
        "name": "Out of hours",
        "stage": "route",
        "when": {"field": "is_open", "op": "is", "value": False},
        "then": {"queue": str(team.queues["Specialists"])},
    }
    await team.ask("POST", "/v1/rules", rule)


async def level_of_a_new_one(team: Team) -> int:
    message = await team.submit(email=f"{uuid4()}@customer.test")
    return int((await team.conversation_of(message["message"]))["level"])


async def test_rules_ask_whether_the_team_works(team: Team) -> None:
    await route_out_of_hours(team)
    assert await level_of_a_new_one(team) == 1  # unknown: no calendar yet
    calendar = await team.ask("POST", "/v1/calendars", NEVER)
    assert (calendar["is_default"], calendar["is_open"]) == (True, False)
    assert await level_of_a_new_one(team) == 2
    await team.ask("PUT", f"/v1/calendars/{calendar['id']}", ROUND_THE_CLOCK)
    assert await level_of_a_new_one(team) == 1


async def test_one_is_the_default(team: Team) -> None:
    first = await team.ask("POST", "/v1/calendars", NEVER)
    second = await team.ask("POST", "/v1/calendars", ROUND_THE_CLOCK)
    assert (first["is_default"], second["is_default"]) == (True, False)
    path = f"/v1/calendars/{second['id']}"
    assert (await team.ask("PUT", path, {**ROUND_THE_CLOCK, "is_default": True}))["is_default"]
    defaults = [each["name"] for each in await team.get("/v1/calendars") if each["is_default"]]
    assert defaults == ["Round the clock"]
    assert (await team.ask("PUT", path, ROUND_THE_CLOCK))["is_default"]
    assert (await team.call("DELETE", path)).status_code == 204
    assert [each["name"] for each in await team.get("/v1/calendars")] == ["Never"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"timezone": "Europe/Atlantis"}, "/timezone"),
        ({"country": "XX"}, "/country"),
        ({"country": "DE", "subdivision": "XX"}, "/subdivision"),
        ({"week": {"monday": [{"from": "18:00", "to": "09:00"}]}}, "/week/monday/0"),
        (
            {
                "week": {
                    "monday": [{"from": "09:00", "to": "13:00"}, {"from": "12:00", "to": "18:00"}]
                }
            },
            "/week/monday/1",
        ),
        ({"special": {"2026-12-24": [{"from": "09:00", "to": "09:00"}]}}, "/special/2026-12-24/0"),
        ({"week": {"someday": []}}, "/week/someday"),
        ({"week": {"monday": [{"from": "9", "to": "18:00"}]}}, "/week/monday/0/from"),
    ],
)
async def test_mistakes_are_named_where_they_are(
    team: Team, change: dict[str, Any], pointer: str
) -> None:
    answer = await team.call("POST", "/v1/calendars", ROUND_THE_CLOCK | change)
    assert answer.status_code == 422
    assert any(each["pointer"].startswith(pointer) for each in answer.json()["errors"]), answer.text
