"""Who changed what: every administrative act is written down, with the act and not without it."""

from typing import Any

from tests.api.team import NOTHING, RULE, Team


async def entries(team: Team, **filters: Any) -> list[dict[str, Any]]:
    return list((await team.get("/v1/audit", params=filters))["items"])


async def test_an_act_is_told_with_its_doer_and_what_has_changed(team: Team) -> None:
    path = f"/v1/queues/{team.queues['General']}"
    await team.ask("PATCH", path, {"name": "First aid"})
    await team.ask("PATCH", path, {"name": "Front desk"}, token=team.key)
    by_key, by_admin = await entries(team)
    assert by_admin["agent"] == str(team.admin_id)
    assert by_key["agent"] is None
    assert by_key["by"] is not None
    assert by_admin["action"] == "PATCH /v1/queues/{id}"
    assert by_admin["target"] == str(team.queues["General"])
    changes = {change["field"]: (change["before"], change["after"]) for change in by_key["changes"]}
    assert changes["name"] == ("First aid", "Front desk")


async def test_what_does_not_happen_is_not_told(team: Team) -> None:
    assert (await team.call("PATCH", f"/v1/queues/{NOTHING}", {"name": "x"})).status_code == 404
    taken = {"name": "Specialists"}
    path = f"/v1/queues/{team.queues['General']}"
    assert (await team.call("PATCH", path, taken)).status_code == 409
    assert (await team.call("PATCH", path, taken, token=team.agent)).status_code == 403
    await team.get("/v1/audit")
    assert await entries(team) == []


async def test_acts_that_change_rows_by_statements_are_told_too(team: Team) -> None:
    token = await team.ask("POST", f"/v1/agents/{team.agent_id}/tokens", {"name": "Phone"})
    await team.ask("DELETE", f"/v1/tokens/{token['id']}")
    await team.ask("POST", "/v1/rules", RULE)
    actions = [entry["action"] for entry in await entries(team)]
    assert actions == ["POST /v1/rules", "DELETE /v1/tokens/{id}", "POST /v1/agents/{id}/tokens"]


async def test_secrets_and_customers_words_are_not_told(team: Team) -> None:
    await team.submit("Where is my parcel?", name="Carla Bianchi")
    chat = team.channels["chat"].id
    await team.ask("PATCH", f"/v1/channels/{chat}", {"secrets": {"identity_secret": "canary" * 8}})
    conversation = (await team.get("/v1/conversations"))["items"][0]
    await team.ask("DELETE", f"/v1/contacts/{conversation['contact']['id']}")
    told = (await team.call("GET", "/v1/audit")).text
    assert "secrets" in told
    for hidden in ("canary", "Carla", "carla", "parcel"):
        assert hidden not in told


async def test_acts_are_found_page_by_page_and_by_who_and_what(team: Team, other: Team) -> None:
    paths = [f"/v1/queues/{id_}" for id_ in team.queues.values()]
    for number in range(5):
        await team.ask("PATCH", paths[number % 2], {"name": f"Queue {number}"})
    await team.ask("PATCH", paths[0], {"name": "Last"}, token=team.key)
    assert await entries(other) == []
    assert len(await entries(team, agent=str(team.admin_id))) == 5
    assert len(await entries(team, target=str(team.queues["General"]))) == 4
    page = await team.get("/v1/audit", params={"limit": 4})
    rest = await team.get("/v1/audit", params={"limit": 4, "cursor": page["next"]})
    ids = [entry["id"] for entry in (*page["items"], *rest["items"])]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids)) == 6
