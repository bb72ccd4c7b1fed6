from tests.api.team import Team


async def queue_named(team: Team, name: str) -> dict[str, object]:
    [queue] = [each for each in await team.get("/v1/queues") if each["name"] == name]
    return dict(queue)


async def test_agents_see_who_waits(team: Team) -> None:
    await team.submit("one", email="one@customer.test")
    await team.submit("two", email="two@customer.test")
    queues = await team.get("/v1/queues", token=team.agent)
    assert [(queue["name"], queue["level"], queue["waiting"]) for queue in queues] == [
        ("General", 1, 2),
        ("Specialists", 2, 0),
    ]
    assert queues[0]["oldest_at"] is not None


async def test_another_default_queue_takes_the_next_message(team: Team) -> None:
    made = await team.call("POST", "/v1/queues", {"name": "Night shift", "level": 1})
    assert made.status_code == 201
    path = f"/v1/queues/{made.json()['id']}"
    changed = await team.ask("PATCH", path, {"is_default": True, "name": "Late shift"})
    assert changed["is_default"]
    assert not (await queue_named(team, "General"))["is_default"]
    accepted = await team.submit()
    conversation = await team.conversation_of(accepted["message"])
    assert conversation["queue"] == made.json()["id"]
    assert (await team.get(path))["waiting"] == 1


async def test_a_name_is_used_once(team: Team) -> None:
    assert (
        await team.call("POST", "/v1/queues", {"name": "general", "level": 2})
    ).status_code == 409
    path = f"/v1/queues/{team.queues['Specialists']}"
    assert (await team.call("PATCH", path, {"name": "General"})).status_code == 409
    await team.ask("DELETE", path)
    await team.ask("POST", "/v1/queues", {"name": "Specialists", "level": 2})


async def test_a_queue_in_use_is_not_archived(team: Team) -> None:
    general = f"/v1/queues/{team.queues['General']}"
    assert "default" in (await team.call("DELETE", general)).json()["detail"]
    await team.submit()
    await team.ask("PATCH", f"/v1/queues/{team.queues['Specialists']}", {"is_default": True})
    refused = await team.call("DELETE", general)
    assert refused.status_code == 409
    assert "1 open conversations" in refused.json()["detail"]


async def test_a_queue_that_rules_name_is_not_archived(team: Team) -> None:
    specialists = str(team.queues["Specialists"])
    path = f"/v1/queues/{specialists}"
    always: dict[str, list[object]] = {"all": []}
    rules = [
        {"name": "Send", "stage": "route", "when": always, "then": {"queue": specialists}},
        {
            "name": "Ask",
            "stage": "route",
            "when": {"field": "previous_queue", "op": "equals", "value": specialists},
            "then": {"priority": "high"},
        },
    ]
    for rule in rules:
        made = await team.ask("POST", "/v1/rules", rule)
        refused = await team.call("DELETE", path)
        assert refused.status_code == 409
        assert rule["name"] in refused.json()["detail"]
        await team.ask("DELETE", f"/v1/rules/{made['id']}")
    assert (await team.call("DELETE", path)).status_code == 204
    assert (await team.call("GET", path)).status_code == 404
    assert (await team.call("POST", "/v1/rules", rules[0])).status_code == 422


async def test_mistakes_are_refused(team: Team) -> None:
    for body in ({"name": " ", "level": 1}, {"name": "x", "level": 4}, {"name": "a\0", "level": 1}):
        assert (await team.call("POST", "/v1/queues", body)).status_code == 422
    path = f"/v1/queues/{team.queues['General']}"
    assert (await team.call("PATCH", path, {"is_default": False})).status_code == 422


async def test_agents_do_not_change_queues(team: Team) -> None:
    body = {"name": "Mine", "level": 1}
    assert (await team.call("POST", "/v1/queues", body, token=team.agent)).status_code == 403
