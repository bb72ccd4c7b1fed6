from datetime import UTC, datetime, timedelta

from tests.api.team import NOTHING, Team

ADA = {"name": "Ada Rossi", "email": "Ada@Team.Test"}


async def test_an_agent_is_hired_promoted_and_let_go(team: Team) -> None:
    hired = await team.call("POST", "/v1/agents", ADA)
    assert hired.status_code == 201
    path = f"/v1/agents/{hired.json()['id']}"
    assert hired.json()["email"] == "ada@team.test"
    token = await team.ask("POST", f"{path}/tokens", {"name": "Laptop"})
    me = await team.get("/v1/me", token=token["secret"])
    assert (me["agent"], me["role"], me["workspace"]) == (
        hired.json()["id"],
        "agent",
        team.workspace_id,
    )
    assert (await team.call("GET", "/v1/agents", token=token["secret"])).status_code == 403
    await team.ask("PATCH", path, {"role": "admin"})
    assert hired.json()["id"] in [
        agent["id"] for agent in await team.get("/v1/agents", token=token["secret"])
    ]
    assert (await team.call("DELETE", path)).status_code == 204
    assert (await team.call("GET", "/v1/me", token=token["secret"])).status_code == 401
    assert (await team.get(path))["archived_at"] is not None
    assert (await team.call("POST", f"{path}/tokens", {"name": "x"})).status_code == 409
    assert (await team.call("POST", "/v1/agents", ADA)).status_code == 201


async def test_an_agent_who_holds_conversations_is_not_archived(team: Team) -> None:
    accepted = await team.submit()
    conversation = await team.conversation_of(accepted["message"])
    path = f"/v1/conversations/{conversation['id']}"
    await team.ask("POST", f"{path}/take", token=team.agent)
    refused = await team.call("DELETE", f"/v1/agents/{team.agent_id}")
    assert refused.status_code == 409
    await team.ask("POST", f"{path}/release", token=team.agent)
    assert (await team.call("DELETE", f"/v1/agents/{team.agent_id}")).status_code == 204


async def test_an_agent_whom_rules_name_is_not_archived(team: Team) -> None:
    agent, always = str(team.agent_id), {"all": list[object]()}
    then = {"assignee": agent}
    rule = {"name": "Hers", "stage": "respond", "when": always, "then": then}
    made = await team.ask("POST", "/v1/rules", rule)
    refused = await team.call("DELETE", f"/v1/agents/{agent}")
    assert (refused.status_code, "'Hers'" in refused.text) == (409, True)
    await team.ask("DELETE", f"/v1/rules/{made['id']}")
    assert (await team.call("DELETE", f"/v1/agents/{agent}")).status_code == 204
    assert (await team.call("POST", "/v1/rules", rule)).status_code == 422


async def test_admins_do_not_archive_themselves(team: Team) -> None:
    assert (await team.call("DELETE", f"/v1/agents/{team.admin_id}")).status_code == 409


async def test_a_mail_address_is_used_once(team: Team, other: Team) -> None:
    await team.ask("POST", "/v1/agents", ADA)
    assert (await team.call("POST", "/v1/agents", ADA)).status_code == 409
    path = f"/v1/agents/{team.agent_id}"
    assert (await team.call("PATCH", path, {"email": "ada@team.test"})).status_code == 409
    assert (await other.call("POST", "/v1/agents", ADA)).status_code == 201


async def test_an_agents_token_is_revoked(team: Team) -> None:
    token = await team.ask("POST", f"/v1/agents/{team.agent_id}/tokens", {"name": "Phone"})
    assert "secret" in token
    listed = await team.get(f"/v1/agents/{team.agent_id}/tokens")
    assert token["id"] in [each["id"] for each in listed]
    assert not any("secret" in each for each in listed)
    assert (await team.call("DELETE", f"/v1/keys/{token['id']}")).status_code == 404
    assert (await team.call("DELETE", f"/v1/tokens/{token['id']}")).status_code == 204
    assert (await team.call("GET", "/v1/me", token=token["secret"])).status_code == 401
    assert (await team.call("DELETE", f"/v1/tokens/{NOTHING}")).status_code == 404


async def test_keys_have_a_role_and_an_end(team: Team) -> None:
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    made = await team.call(
        "POST", "/v1/keys", {"name": "Relay", "role": "provider", "expires_at": until}
    )
    assert made.status_code == 201
    key = made.json()
    assert key["secret"].startswith("sk_")
    assert (await team.get("/v1/me", token=key["secret"]))["role"] == "provider"
    listed = await team.get("/v1/keys")
    assert {name: key[name] for name in listed[0]} == listed[0]
    assert (await team.call("DELETE", f"/v1/keys/{key['id']}")).status_code == 204
    assert (await team.call("GET", "/v1/me", token=key["secret"])).status_code == 401
    [revoked] = [each for each in await team.get("/v1/keys") if each["id"] == key["id"]]
    assert revoked["revoked_at"] is not None


async def test_the_key_in_use_is_not_revoked(team: Team) -> None:
    me = await team.get("/v1/me", token=team.key)
    refused = await team.call("DELETE", f"/v1/keys/{me['token']}", token=team.key)
    assert refused.status_code == 409


async def test_mistakes_are_refused(team: Team) -> None:
    for path, body in (
        ("/v1/agents", ADA | {"email": "nobody"}),
        ("/v1/agents", ADA | {"role": "provider"}),
        ("/v1/agents", ADA | {"name": "a\0"}),
        ("/v1/keys", {"name": "x", "role": "owner"}),
        ("/v1/keys", {"name": "x", "role": "agent", "expires_at": "2001-01-01T00:00:00Z"}),
        ("/v1/keys", {"name": "x", "role": "agent", "expires_at": "2030-01-01T00:00:00"}),
        ("/v1/keys", {"name": "x", "role": "agent", "expires_at": "9999-12-31T23:59:59-12:00"}),
    ):
        assert (await team.call("POST", path, body)).status_code == 422, body


async def test_policies_are_read_and_changed(team: Team, other: Team) -> None:
    before = await team.get("/v1/workspace")
    assert (before["raw_retention_days"], before["conversation_retention_days"]) == (90, None)
    changed = await team.ask(
        "PATCH", "/v1/workspace", {"raw_retention_days": None, "conversation_retention_days": 365}
    )
    assert changed == before | {
        "raw_retention_days": None,
        "conversation_retention_days": 365,
        "configuration": before["configuration"] + 1,
    }
    assert (await other.get("/v1/workspace"))["raw_retention_days"] == 90
    assert (await team.call("PATCH", "/v1/workspace", {"name": "south"})).status_code == 409
    for wrong in ({"name": None}, {"raw_retention_days": 0}, {"feed_resume_hours": 10**9}):
        assert (await team.call("PATCH", "/v1/workspace", wrong)).status_code == 422
