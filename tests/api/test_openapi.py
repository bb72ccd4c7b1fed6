"""Whatever a client sends, as the OpenAPI document allows it or not: never a defect of ours."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from tests.api.canaries import planted
from tests.api.hidden import HELD, held, hide
from tests.api.team import Team, things_of

from gateway.app import create_api
from gateway.problems import MEDIA_TYPE

Operation = APIOperation[Any, Any, Any, Any]
Case = AnyCase[Any]

EXAMPLES = 5
"""Per operation, and as many again that break the document."""

SLOWEST_S = 60.0


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Everything below /v1; the doors have bodies of their own and tests to match."""
    schema = schemathesis.openapi.from_dict(document).include(path_regex="^/v1/")
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        yield result.ok()


def http_request(case: Case, token: str | None) -> httpx.Request:
    """The case as a request of our client, whatever it is made of."""
    case.headers.pop("Authorization", None)
    made = requests.Request(**case.as_transport_kwargs(base_url="http://desk.test")).prepare()
    headers = {
        name.encode(): value if isinstance(value, bytes) else value.encode("latin-1")
        for name, value in made.headers.items()
        if name.lower() != "content-length"
    }
    if token is not None:
        headers[b"Authorization"] = f"Bearer {token}".encode()
    body = made.body.encode() if isinstance(made.body, str) else made.body
    assert body is None or isinstance(body, bytes)
    return httpx.Request(str(made.method), str(made.url), headers=headers, content=body)


def assert_sound(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == MEDIA_TYPE
        assert response.json()["status"] == response.status_code


Call = Callable[[Case], Coroutine[Any, Any, None]]
Known = dict[str, str] | None
"""Ids by the noun of their path."""


async def explore(
    everything: list[Operation], known: list[Known], examples: int, call: Call
) -> None:
    """Make calls of every operation, such as the document allows and such as it does not."""
    loop = asyncio.get_running_loop()

    def one_by_one(operation: Operation, mode: GenerationMode) -> None:
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), ids=st.sampled_from(known))
        def one(case: Case, ids: Known) -> None:
            if ids and "id" in case.path_parameters:
                case.path_parameters["id"] = ids[operation.path.split("/")[2]]
            asyncio.run_coroutine_threadsafe(call(case), loop).result(SLOWEST_S)

        with suppress(Unsatisfiable):  # nothing is sent, so nothing can be wrong
            one()

    for operation in everything:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            await asyncio.to_thread(one_by_one, operation, mode)


def assert_shows_none(
    canaries: list[str], response: httpx.Response, request: httpx.Request
) -> None:
    asked = f"{request.url} {request.content!r}"
    assert not [x for x in canaries if x in response.text and x not in asked], response.text


@pytest.mark.timeout(600)
async def test_no_call_ends_in_a_defect_or_shows_another_workspace(team: Team, other: Team) -> None:
    """Called by an admin, an agent and nobody, with ids of their own and of the other workspace."""
    things, foreign = await things_of(team), await things_of(other)
    canaries = await planted(other)
    answered: dict[str, set[int]] = {}

    async def call(case: Case) -> None:
        for token in (None, team.agent, team.admin):
            request = http_request(case, token)
            response = await team.http.send(request)
            answered.setdefault(case.operation.label, set()).add(response.status_code // 100)
            assert_sound(response)
            assert_shows_none(canaries, response, request)

    everything = list(operations(create_api(team.gateway).openapi()))
    await explore(everything, [things, foreign, None], EXAMPLES, call)
    assert answered.keys() == {operation.label for operation in everything}
    succeeded = [label for label, statuses in answered.items() if 2 in statuses]
    assert len(succeeded) > len(everything) / 2


@pytest.mark.timeout(600)
async def test_no_call_of_an_agent_shows_or_changes_what_others_have(
    team: Team,
) -> None:
    things = await things_of(team)
    await hide(team, "General")
    conversation = things["conversations"]
    before = await held(team, conversation)
    canaries = [things[noun] for noun in HELD]

    async def call(case: Case) -> None:
        request = http_request(case, team.agent)
        response = await team.http.send(request)
        assert_sound(response)
        assert_shows_none(canaries, response, request)
        if case.operation.path.split("/")[2] in HELD and "id" in case.path_parameters:
            assert not response.is_success, response.text

    everything = list(operations(create_api(team.gateway).openapi()))
    await explore(everything, [things], 2, call)
    assert await held(team, conversation) == before
