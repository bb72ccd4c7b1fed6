"""However the log is counted, what is kept is what a full count gives."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tests.api.team import Team
from tests.figures.counted import OFFICE, count, count_anew, kept
from tests.figures.histories import write
from tests.sla.desk import Desk
from tests.sla.test_histories import STEPS as CLOCK_STEPS

from gateway.database.connections import Database, Fetch, fetch_in
from gateway.demo.matters import Matter
from gateway.figures import counting
from gateway.figures.counting import count_page

STEPS = {name: CLOCK_STEPS[name] for name in CLOCK_STEPS if name not in {"time", "fire", "policy"}}
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def matter(team: Team) -> Matter:
    return Matter(uuid4(), team.channels["web_form"].id, team.queues["General"], 1)


async def days_of(team: Team, figure: str, dimension: str = "all") -> list[tuple[Any, ...]]:
    rows = await team.sql(
        "SELECT day::text, key, sum(cases)::int, sum(hits)::int, sum(seconds)::int"
        " FROM figure_rollup WHERE figure = $1 AND dimension = $2 AND clock = 'wall'"
        " GROUP BY day, key ORDER BY day, key",
        figure,
        dimension,
    )
    return [tuple(row) for row in rows]


@given(
    st.lists(st.lists(st.sampled_from(sorted(STEPS)), max_size=8), min_size=1, max_size=2),
    st.integers(1, 7),
)
@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_page_by_page_is_all_at_once(
    desk: Desk, histories: list[list[str]], page: int
) -> None:
    for steps in histories:
        id_ = await desk.ask()
        for step in steps:
            await STEPS[step](desk, id_, None)
            await count_page(desk.team.gateway.database, desk.team.workspace_id, page)
    assert await count(desk.team, page) == await count_anew(desk.team)


async def test_a_reopening_takes_back_what_was_resolved_long_ago(team: Team) -> None:
    told = matter(team)
    told.open(MORNING)
    told.assign(MORNING, team.agent_id)
    told.answer(MORNING + timedelta(minutes=5), team.agent_id)
    told.solve(MORNING + timedelta(hours=1), team.agent_id)
    await write(team, [told])
    await count(team)
    assert await days_of(team, "resolution") == [("2026-03-02", "", 1, 1, 3600)]
    assert await days_of(team, "first_contact") == [("2026-03-02", "", 1, 1, 0)]
    told.told.clear()
    told.reopen(MORNING + timedelta(days=3))
    await write(team, [told])
    await count(team)
    assert await days_of(team, "resolution") == []
    assert await days_of(team, "first_contact") == [("2026-03-02", "", 1, 0, 0)]
    assert await days_of(team, "reopened") == [("2026-03-05", "", 1, 1, 0)]


async def test_what_comes_late_counts_when_it_happened(team: Team) -> None:
    told = matter(team)
    told.open(MORNING)
    told.answer(MORNING + timedelta(hours=2), team.agent_id)
    told.receive(MORNING + timedelta(hours=1), late=MORNING + timedelta(days=2))
    told.answer(MORNING + timedelta(days=2, hours=1), team.agent_id)
    await write(team, [told])
    await count(team, 3)
    assert await days_of(team, "received") == [("2026-03-02", "", 2, 2, 0)]
    assert await days_of(team, "response") == [("2026-03-02", "", 1, 1, 7200)]


async def test_a_corrected_type_corrects_what_was_counted(team: Team) -> None:
    told = matter(team)
    told.open(MORNING, type="order", tags=["a", "b"])
    await write(team, [told])
    await count(team)
    told.told.clear()
    told.label(MORNING + timedelta(days=9), type="refund", tags=["b"])
    await write(team, [told])
    await count(team)
    assert await days_of(team, "new", "type") == [("2026-03-02", "refund", 1, 1, 0)]
    assert await days_of(team, "new", "tag") == [("2026-03-02", "b", 1, 1, 0)]


async def test_a_merged_one_is_no_case_but_its_messages_are(team: Team) -> None:
    told = matter(team)
    told.open(MORNING)
    told.close(MORNING, merged=True)
    await write(team, [told])
    cases, _ = await count(team)
    assert [row[2] for row in cases] == ["received"]


async def test_an_erased_one_keeps_its_cases(desk: Desk) -> None:
    id_ = await desk.ask()
    await desk.do(id_, "solve")
    contact = (await desk.item(id_))["contact"]["id"]
    before, _ = await count(desk.team)
    await desk.team.ask("DELETE", f"/v1/contacts/{contact}")
    after, _ = await count(desk.team)
    assert before == after != []


async def test_another_calendar_counts_all_anew(team: Team) -> None:
    told = matter(team)
    told.open(MORNING.replace(hour=23))
    await write(team, [told])
    await count(team)
    assert [row[0] for row in await days_of(team, "new")] == ["2026-03-02"]
    await team.ask("POST", "/v1/calendars", OFFICE)
    assert await count(team) == await count_anew(team)
    assert [row[0] for row in await days_of(team, "new")] == ["2026-03-03"]


def dying_at(statement: str) -> Callable[[AsyncSession], Awaitable[Fetch]]:
    """`fetch_in` whose connection is killed before a statement."""

    async def fetch_until(session: AsyncSession) -> Fetch:
        fetch = await fetch_in(session)

        async def fetch_or_die(asked: str, *arguments: Any) -> Sequence[Any]:
            if asked == statement:
                await fetch("SELECT pg_terminate_backend(pg_backend_pid())")
            return await fetch(asked, *arguments)

        return fetch_or_die

    return fetch_until


@pytest.mark.parametrize("statement", ["CASES", "ROLL", "FORGET", "KEEP", "MOVE"])
async def test_who_dies_in_the_middle_has_counted_nothing(
    team: Team, database: Database, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    told = matter(team)
    told.open(MORNING)
    told.answer(MORNING, team.agent_id)
    await write(team, [told])
    await count_page(database, team.workspace_id, 1)
    before = await kept(team)
    with monkeypatch.context() as patched:
        patched.setattr(counting, "fetch_in", dying_at(getattr(counting, statement)))
        with pytest.raises(DBAPIError):
            await count_page(database, team.workspace_id)
    assert await kept(team) == before
    assert await count(team) == await count_anew(team)
    assert await days_of(team, "first_response") == [("2026-03-02", "", 1, 1, 0)]


async def test_two_workers_count_nothing_twice(team: Team, database: Database) -> None:
    told = [matter(team) for _ in range(20)]
    for each in told:
        each.open(MORNING)
    await write(team, told)
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(counting.BEGIN, (team.workspace_id, ""))
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(counting.TAKE, (team.workspace_id,))
        assert await count_page(database, team.workspace_id) == 0
    assert await count(team, 3) == await count_anew(team)
    assert await days_of(team, "new") == [("2026-03-02", "", 20, 20, 0)]


async def sla_of(team: Team) -> set[tuple[str, bool, str]]:
    """The clocks counted: which, whether in time, of which policy."""
    rows = await team.sql(
        "SELECT figure, hit, policy_id::text FROM figure_case WHERE figure LIKE 'sla_%'"
    )
    return {(row["figure"], row["hit"], row["policy_id"]) for row in rows}


async def test_clocks_count_once_they_end_in_time_or_are_told_to_be_missed(desk: Desk) -> None:
    policy = (await desk.policy())["id"]
    in_time, late = await desk.ask(), await desk.ask(sender="Dora <d@x.test>")
    await desk.take(in_time)
    await desk.reply(in_time)
    await count(desk.team)
    assert await sla_of(desk.team) == {("sla_first_response", True, policy)}
    await desk.age(late, timedelta(hours=5))
    await desk.worker.fire_due()
    await desk.do(in_time, "solve")
    await count(desk.team)
    assert await sla_of(desk.team) == {
        ("sla_first_response", True, policy),
        ("sla_first_response", False, policy),
        ("sla_resolution", True, policy),
    }
    found = await desk.team.get(f"/v1/figures?figure=sla_first_response&policy={policy}")
    assert (found["now"]["value"], found["now"]["cases"]) == (0.5, 2)
    by = await desk.team.get("/v1/figures?figure=sla_first_response&by=policy")
    assert [group["key"] for group in by["groups"]] == [policy]


async def test_how_long_is_too_long_is_the_workspaces(team: Team) -> None:
    told = matter(team)
    told.open(MORNING)
    told.receive(MORNING + timedelta(hours=3))
    await write(team, [told])
    await count(team)
    wanted = "/v1/figures?figure=unanswered&from=2026-03-01&until=2026-03-03"
    assert (await team.get(wanted))["now"]["value"] == 0
    await team.ask("PATCH", "/v1/workspace", {"unanswered_hours": 5})
    await count(team)
    assert (await team.get(wanted))["now"]["value"] == 1
    told.told.clear()
    told.answer(MORNING + timedelta(hours=6), team.agent_id)
    await write(team, [told])
    await count(team)
    assert (await team.get(wanted))["now"]["value"] == 0


async def test_the_worker_counts_where_something_is_new(team: Team) -> None:
    """Events, or settings that figures depend on; else it asks for nothing."""
    database = team.gateway.database

    async def behind() -> list[int]:
        async with database.transaction() as session:
            fetch = await fetch_in(session)
            return [row["workspace_id"] for row in await fetch(counting.BEHIND)]

    await team.submit()
    assert team.workspace_id in await behind()
    await count(team)
    assert team.workspace_id not in await behind()
    await team.ask("PATCH", "/v1/workspace", {"unanswered_hours": 5})
    assert team.workspace_id in await behind()
    await count(team)
    assert team.workspace_id not in await behind()
