"""What admins set about queues and agents, and what supervisors may."""

from tests.api.team import NOTHING, Team


async def a_supervisor(team: Team) -> str:
    body = {"name": "Sofia", "email": "sofia@team.test", "role": "supervisor"}
    hired = await team.ask("POST", "/v1/agents", body)
    token = await team.ask("POST", f"/v1/agents/{hired['id']}/tokens", {"name": "Desk"})
    return str(token["secret"])


async def test_a_queue_is_pulled_from_unless_told_otherwise(team: Team) -> None:
    path = f"/v1/queues/{team.queues['General']}"
    queue = await team.get(path)
    assert (queue["mode"], queue["paused"], queue["overflow"]) == ("pull", False, None)
    changes = {"mode": "offer", "wrap_up_s": 45, "reclaim_s": 600, "sticky_s": 120}
    specialists = str(team.queues["Specialists"])
    changed = await team.ask("PATCH", path, {**changes, "overflow": specialists})
    assert changed.items() >= {**changes, "overflow": specialists}.items()
    renamed = await team.ask("PATCH", path, {"name": "First", "reclaim_s": None, "overflow": None})
    assert (renamed["mode"], renamed["wrap_up_s"]) == ("offer", 45)
    assert (renamed["reclaim_s"], renamed["overflow"]) == (None, None)


async def test_a_queue_overflows_into_another_that_is_there(team: Team, other: Team) -> None:
    general = team.queues["General"]
    for wrong in (general, other.queues["General"], NOTHING):
        body = {"overflow": str(wrong)}
        refused = await team.call("PATCH", f"/v1/queues/{general}", body)
        assert refused.json()["errors"][0]["pointer"] == "/overflow"
    refused = await team.call("PATCH", f"/v1/queues/{general}", {"mode": None})
    assert refused.json()["errors"][0]["pointer"] == "/mode"
    made = await team.ask(
        "POST", "/v1/queues", {"name": "Spare", "level": 3, "overflow": str(general)}
    )
    assert (made["level"], made["overflow"], made["pool"]) == (3, str(general), made["id"])


async def test_an_archived_queue_takes_no_overflow(team: Team) -> None:
    general, specialists = (
        f"/v1/queues/{team.queues[name]}" for name in ("General", "Specialists")
    )
    await team.ask("PATCH", general, {"overflow": str(team.queues["Specialists"])})
    await team.ask("DELETE", specialists)
    assert (await team.get(general))["overflow"] is None


async def test_agents_have_capacity_and_skills(team: Team) -> None:
    await team.ask("PATCH", "/v1/workspace", {"default_capacity": 3, "hop_limit": 2})
    body = {"name": "Bea", "email": "bea@team.test", "skills": {"french": 4}}
    hired = await team.ask("POST", "/v1/agents", body)
    assert (hired["capacity"], hired["load"], hired["skills"]) == (3, 0, {"french": 4})
    path = f"/v1/agents/{hired['id']}"
    changed = await team.ask("PATCH", path, {"capacity": 0, "skills": {}})
    assert (changed["capacity"], changed["skills"]) == (0, {})
    assert (await team.call("PATCH", path, {"capacity": -1})).status_code == 422
    assert (await team.call("PATCH", path, {"skills": {"french": 0}})).status_code == 422


async def test_weights_are_set_by_kind(team: Team) -> None:
    assert (await team.get("/v1/workspace"))["capacity_weights"] == {"chat": 2}
    weights = {"chat": 3, "sms": 2}
    changed = await team.ask("PATCH", "/v1/workspace", {"capacity_weights": weights})
    assert changed["capacity_weights"] == weights
    for wrong in ({"chat": 0}, {"fax": 1}):
        answer = await team.call("PATCH", "/v1/workspace", {"capacity_weights": wrong})
        assert answer.status_code == 422


async def test_supervisors_stop_queues_and_drain_agents(team: Team) -> None:
    supervisor = await a_supervisor(team)
    queue, agent = f"/v1/queues/{team.queues['General']}", f"/v1/agents/{team.agent_id}"
    assert (await team.ask("POST", f"{queue}/pause", token=supervisor))["paused"]
    assert not (await team.ask("POST", f"{queue}/unpause", token=supervisor))["paused"]
    assert (await team.ask("POST", f"{agent}/drain", token=supervisor))["is_draining"]
    assert not (await team.ask("POST", f"{agent}/undrain", token=supervisor))["is_draining"]
    for path in (f"{queue}/pause", f"{agent}/drain"):
        assert (await team.call("POST", path, token=team.agent)).status_code == 403
    body = {"name": "x", "level": 1}
    assert (await team.call("POST", "/v1/queues", body, token=supervisor)).status_code == 403
    assert (await team.call("GET", "/v1/conversations", token=supervisor)).status_code == 200


async def test_what_supervisors_decide_is_written_down(team: Team) -> None:
    supervisor = await a_supervisor(team)
    queue = str(team.queues["General"])
    await team.ask("POST", f"/v1/queues/{queue}/pause", token=supervisor)
    entry = (await team.get("/v1/audit"))["items"][0]
    assert (entry["action"], entry["target"]) == ("POST /v1/queues/{id}/pause", queue)
