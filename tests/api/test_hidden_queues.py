"""What a queue of others holds is not there for an agent, however it is asked for."""

from tests.api.hidden import hide
from tests.api.team import Team, things_of

from gateway.app import create_api


async def newest(team: Team) -> str:
    id_: str = (await team.get("/v1/conversations?limit=1"))["items"][0]["id"]
    return id_


async def test_every_call_by_an_id_answers_as_if_there_were_none(team: Team) -> None:
    things = await things_of(team)
    await hide(team, "General")
    paths = create_api(team.gateway).openapi()["paths"]
    asked = 0
    for path, methods in paths.items():
        noun = path.removeprefix("/v1/").split("/")[0]
        if (
            noun not in {"conversations", "messages", "deliveries", "attachments"}
            or "{" not in path
        ):
            continue
        for method in methods:
            url = path.replace("{id}", things[noun])
            answer = await team.call(method.upper(), url, {}, token=team.agent)
            is_for_leaders = "(supervisor" in answer.text or answer.status_code == 403
            assert answer.status_code == 404 or is_for_leaders, (method, path, answer.text)
            asked += 1
    assert asked > 20
    assert (await team.call("GET", f"/v1/messages/{things['messages']}")).is_success


async def test_who_has_a_conversation_goes_on_with_it(team: Team) -> None:
    await team.submit()
    path = f"/v1/conversations/{await newest(team)}"
    await team.ask("POST", f"{path}/take", token=team.agent)
    await hide(team, "General")
    await team.ask("POST", f"{path}/notes", {"text": "Mine"}, token=team.agent)
    up = {"queue": str(team.queues["Specialists"]), "note": "Too much for me"}
    await hide(team, "Specialists")
    await team.ask("POST", f"{path}/escalate", up, token=team.agent)
    assert (await team.call("GET", path, token=team.agent)).status_code == 404
    assert (await team.get(path))["queue"] == up["queue"]


async def test_lists_leave_it_out(team: Team) -> None:
    things = await things_of(team)
    contact = f"/v1/contacts/{things['contacts']}"
    for token in (team.agent, team.admin):
        assert (await team.get("/v1/deliveries", token=token))["items"]
        assert (await team.get(contact, token=token))["conversations"]
    await hide(team, "General")
    assert (await team.get("/v1/deliveries", token=team.agent))["items"] == []
    assert (await team.get(contact, token=team.agent))["conversations"] == []
    assert (await team.get("/v1/deliveries"))["items"]
    assert (await team.get(contact))["conversations"]


async def test_it_cannot_be_named_in_a_body_nor_taken_from_its_queue(team: Team) -> None:
    things = await things_of(team)
    await team.submit(email="dora@customer.test")
    path = f"/v1/conversations/{await newest(team)}"
    await team.ask("POST", f"{path}/take", token=team.agent)
    await hide(team, "General")
    into = {"into": things["conversations"]}
    assert (await team.call("POST", f"{path}/merge", into, token=team.agent)).status_code == 404
    body = {"conversation": things["conversations"]}
    preview = f"/v1/macros/{things['macros']}/preview"
    assert (await team.call("POST", preview, body, token=team.agent)).status_code == 404
    assert (await team.call("POST", preview, body)).is_success
    take = f"/v1/queues/{team.queues['General']}/take"
    assert (await team.call("POST", take, token=team.agent)).status_code == 404
