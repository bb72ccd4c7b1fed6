"""Agents needed, over the API."""

from typing import Any

from tests.api.team import Team

HOUR: dict[str, Any] = {"arrivals": 200, "handling_s": 180, "share": 0.8, "within_s": 20}


async def test_the_fewest_agents_are_told_with_their_neighbours(team: Team) -> None:
    told = await team.ask("POST", "/v1/staffing/needed", HOUR | {"shrinkage": 0.3})
    assert (told["load"], told["agents"], told["rostered"]) == (10, 14, 20)
    answered = {row["agents"]: row["answered"] for row in told["around"]}
    assert list(answered) == [12, 13, 14, 15, 16]
    assert answered[13] < 0.8 <= answered[14]
    assert {row["abandoned"] for row in told["around"]} == {0}


async def test_a_queue_that_only_grows_has_no_mean_wait(team: Team) -> None:
    told = await team.ask("POST", "/v1/staffing/needed", HOUR | {"arrivals": 20, "share": 0.01})
    assert told["agents"] == 2
    assert told["around"][0] | {"occupancy": 1} == {
        "agents": 1,
        "answered": 0,
        "waiting": 1,
        "wait_s": None,
        "abandoned": 0,
        "occupancy": 1,
    }


async def test_patience_and_chats_at_once_need_fewer(team: Team) -> None:
    for less in ({"patience_s": 60}, {"concurrency": 3}):
        told = await team.ask("POST", "/v1/staffing/needed", HOUR | less)
        assert told["agents"] < 14


async def test_mistakes_are_named(team: Team) -> None:
    for wrong, pointer in (
        ({"arrivals": -1}, "/arrivals"),
        ({"share": 1}, "/share"),
        ({"patience": 60}, "/patience"),
    ):
        answer = await team.call("POST", "/v1/staffing/needed", HOUR | wrong)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer
    huge = HOUR | {"arrivals": 20_000, "handling_s": 86_400}
    answer = await team.call("POST", "/v1/staffing/needed", huge)
    assert answer.status_code == 422
    assert "at most 10,000" in answer.text


async def test_it_is_for_supervisors(team: Team) -> None:
    answer = await team.call("POST", "/v1/staffing/needed", HOUR, token=team.agent)
    assert answer.status_code == 403
