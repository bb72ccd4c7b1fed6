"""Figures over HTTP: values with their definitions, told apart, beside the period before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.api.team import Team
from tests.figures.counted import count
from tests.figures.histories import write

from gateway.demo.matters import Matter

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WEEK = "from=2026-03-09&until=2026-03-16"


def answered(team: Team, at: datetime, after: timedelta, queue: str, **item: Any) -> Matter:
    level = 1 if queue == "General" else 2
    told = Matter(uuid4(), team.channels["chat"].id, team.queues[queue], level)
    told.open(at, **item)
    told.assign(at, team.agent_id)
    told.answer(at + after, team.agent_id)
    return told


async def furnish(team: Team) -> list[Matter]:
    """Two answered this week, of which one is solved, and one the week before."""
    minute = timedelta(minutes=1)
    matters = [
        answered(team, NOON, 10 * minute, "General", type="order", tags=["vip"]),
        answered(team, NOON + timedelta(days=1), 20 * minute, "Specialists"),
        answered(team, NOON - timedelta(days=7), 40 * minute, "General"),
    ]
    matters[0].solve(NOON + timedelta(hours=1), team.agent_id)
    await write(team, matters)
    await count(team)
    return matters


async def test_a_figure_stands_beside_the_period_before(team: Team) -> None:
    await furnish(team)
    out = await team.get(f"/v1/figures?figure=first_response&{WEEK}")
    assert (out["now"]["cases"], out["before"]["cases"]) == (2, 1)
    assert (out["now"]["mean"], out["before"]["mean"]) == (900, 2400)
    assert abs(out["now"]["value"] / 600 - 1) < 0.048
    assert abs(out["now"]["p90"] / 1200 - 1) < 0.048
    assert (out["trend"], out["change"] < -0.5) == ("better", True)
    assert out["figure"]["says"].startswith("From the first message")
    assert (out["period"]["compared_since"], out["period"]["behind"]) == ("2026-03-02", 0)
    new = await team.get(f"/v1/figures?figure=new&{WEEK}")
    assert (new["now"]["value"], new["change"], new["trend"]) == (2, 1, "more")


async def test_a_figure_is_told_apart(team: Team) -> None:
    await furnish(team)
    expected = {
        "queue": {str(team.queues[name]): 1 for name in ("General", "Specialists")},
        "level": {"1": 1, "2": 1},
        "agent": {str(team.agent_id): 2},
        "channel": {str(team.channels["chat"].id): 2},
        "type": {"order": 1, None: 1},
        "tag": {"vip": 1},
        "priority": {"normal": 2},
        "language": {None: 2},
        "hour": {"12": 2},
        "weekday": {"2": 1, "3": 1},
        "day": {"2026-03-10": 1, "2026-03-11": 1},
        "month": {"2026-03": 2},
    }
    for by, groups in expected.items():
        out = await team.get(f"/v1/figures?figure=first_response&{WEEK}&by={by}")
        told = {each["key"]: each["now"]["cases"] for each in out["groups"] if each["now"]["cases"]}
        assert told == groups, by


async def test_what_the_days_do_not_hold_is_counted_from_the_cases(team: Team) -> None:
    await furnish(team)
    general, agent = team.queues["General"], team.agent_id
    for query in (
        f"figure=response&queue={general}&agent={agent}",
        f"figure=backlog&queue={team.queues['Specialists']}&level=2",
        f"figure=new&tag=vip&type=order&queue={general}",
        f"figure=received&queue={general}",
    ):
        out = await team.get(f"/v1/figures?{query}&{WEEK}")
        assert out["now"]["cases"] == 1, query
    by = await team.get(f"/v1/figures?figure=response&queue={general}&by=agent&{WEEK}")
    [group] = by["groups"]
    whole = await team.get(f"/v1/figures?figure=response&queue={general}&{WEEK}")
    assert (group["key"], group["now"]) == (str(agent), whole["now"])


async def test_the_conversations_behind_a_figure_are_listed(team: Team) -> None:
    for number in range(3):
        await team.submit(email=f"{number}@customer.test")
    await count(team)
    today = f"until={date.today() + timedelta(days=2)}"  # noqa: DTZ011 - any zone's
    first = await team.get(f"/v1/figures/conversations?figure=backlog&{today}&limit=2")
    rest = await team.get(
        f"/v1/figures/conversations?figure=backlog&{today}&limit=2&cursor={first['next']}"
    )
    listed = [each["conversation"] for each in first["items"] + rest["items"]]
    items = (await team.get("/v1/conversations"))["items"]
    assert sorted(listed) == sorted(each["id"] for each in items)
    assert rest["next"] is None
    for query, cases in (
        ("figure=uncompleted&hit=true", 3),
        ("figure=uncompleted&hit=false", 0),
        ("figure=new&level=2", 0),
    ):
        page = await team.get(f"/v1/figures/conversations?{query}&{today}")
        assert len(page["items"]) == cases, query


async def test_what_is_gone_is_counted_and_not_listed(team: Team) -> None:
    await furnish(team)
    page = await team.get(f"/v1/figures/conversations?figure=new&{WEEK}")
    assert page == {"items": [], "next": None}


async def test_the_overview_has_all_that_the_days_tell(team: Team) -> None:
    await furnish(team)
    out = await team.get(f"/v1/figures/overview?{WEEK}")
    told = {each["figure"]["name"]: each["now"] for each in out["figures"]}
    names = {each["name"] for each in await team.get("/v1/figures/definitions")}
    assert told.keys() == names - {"uncompleted"}
    for name, now in told.items():
        alone = await team.get(f"/v1/figures?figure={name}&{WEEK}")
        assert alone["now"] == now, name
    assert (told["backlog"]["value"], told["abandoned"]["value"]) == (2, 0)


async def test_others_see_none_of_it(team: Team, teams: list[Team]) -> None:
    await furnish(team)
    other = teams[1]
    await count(other)
    for name in ("new", "backlog", "uncompleted"):
        for query in ("", f"&queue={team.queues['General']}&level=1"):
            out = await other.get(f"/v1/figures?figure={name}&{WEEK}{query}")
            assert out["now"]["cases"] == 0, name
    assert (await team.call("GET", "/v1/figures/overview", token=team.agent)).status_code == 403


async def test_periods_that_are_none_are_refused(team: Team) -> None:
    for query in (
        "from=2026-03-09&until=2026-03-09",
        "until=1999-01-01",
        "from=2001-01-01&until=2026-03-09",
        "from=yesterday",
        "by=colour",
    ):
        answer = await team.call("GET", f"/v1/figures?figure=new&{query}")
        assert answer.status_code == 422, query
    answer = await team.call("GET", "/v1/figures?figure=backlog&by=day")
    assert (answer.status_code, "one period after the other" in answer.text) == (422, True)


async def test_a_conversation_of_ours_is_counted_by_its_id(team: Team) -> None:
    message = await team.submit()
    conversation = await team.conversation_of(message["message"])
    await count(team)
    rows = await team.sql("SELECT DISTINCT conversation_id FROM figure_case")
    assert [row[0] for row in rows] == [UUID(conversation["id"])]


async def test_a_figure_says_whether_it_is_what_is_wanted(team: Team) -> None:
    await furnish(team)
    await team.ask("PUT", "/v1/figures/targets/first_response", {"value": 3600})
    await team.ask("PUT", "/v1/figures/targets/first_response", {"value": 60})
    await team.ask("PUT", "/v1/figures/targets/within_24h", {"value": 0.9})
    out = await team.get(f"/v1/figures/overview?{WEEK}")
    told = {each["figure"]["name"]: (each["target"], each["is_met"]) for each in out["figures"]}
    assert told["first_response"] == (60, False)
    assert told["within_24h"] == (0.9, True)
    assert told["new"] == (None, None)
    alone = await team.get(f"/v1/figures?figure=first_response&{WEEK}")
    assert (alone["target"], alone["is_met"]) == (60, False)
    assert (await team.call("DELETE", "/v1/figures/targets/first_response")).status_code == 204
    assert await team.get("/v1/figures/targets") == {"within_24h": 0.9}


async def test_targets_that_make_no_sense_are_refused(team: Team, teams: list[Team]) -> None:
    for figure, value in (("within_24h", 80), ("received", 10), ("nothing", 1), ("backlog", -1)):
        path = f"/v1/figures/targets/{figure}"
        assert (await team.call("PUT", path, {"value": value})).status_code == 422, figure
    await teams[1].ask("PUT", "/v1/figures/targets/backlog", {"value": 5})
    assert await team.get("/v1/figures/targets") == {}
    path = "/v1/figures/targets/backlog"
    assert (await team.call("PUT", path, {"value": 5}, token=team.agent)).status_code == 403
