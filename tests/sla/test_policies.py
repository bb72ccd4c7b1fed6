"""SLA policies over the API."""

from tests.sla.desk import ALWAYS, TARGETS, Desk


async def test_a_policy_is_made_read_changed_and_archived(desk: Desk) -> None:
    made = await desk.policy(name="Gold", warning_percent=80)
    path = f"/v1/sla-policies/{made['id']}"
    assert await desk.team.get(path) == made
    assert (made["targets"], made["warning_percent"], made["revision"]) == (TARGETS, 80, 1)
    changed = await desk.replace(made, name="Golden", warning_percent=None, warning_before_s=60)
    assert (changed["name"], changed["warning_before_s"], changed["revision"]) == ("Golden", 60, 2)
    assert await desk.team.get("/v1/sla-policies") == [changed]
    await desk.team.ask("DELETE", path)
    assert await desk.team.get("/v1/sla-policies") == []
    assert (await desk.team.call("GET", path)).status_code == 404


async def test_one_policy_is_the_default(desk: Desk) -> None:
    first, second = await desk.policy(name="First"), await desk.policy(name="Second")
    found = {each["name"]: each["is_default"] for each in await desk.team.get("/v1/sla-policies")}
    assert found == {"First": False, "Second": True}
    await desk.replace(second, is_default=False)
    assert not (await desk.team.get(f"/v1/sla-policies/{first['id']}"))["is_default"]
    assert (await desk.clocks(await desk.ask())) == {}


async def test_mistakes_are_named(desk: Desk) -> None:
    nothing = "00000000-0000-0000-0000-000000000007"
    body = {"name": "x", "targets": {}, "warning_percent": 80, "warning_before_s": 60}
    for wrong, pointer in (
        ({**body}, "/warning_before_s"),
        ({"name": "x", "targets": {}, "calendar": nothing}, "/calendar"),
        ({"name": "x", "targets": {"resolution": {"normal": 0}}}, "/targets/resolution/normal"),
        ({"name": "x", "targets": {"patience": {}}}, "/targets/patience"),
        ({"name": "x", "targets": {}, "warning_percent": 100}, "/warning_percent"),
    ):
        answer = await desk.team.call("POST", "/v1/sla-policies", wrong)
        assert answer.status_code == 422, wrong
        assert pointer in answer.text, answer.text


async def test_names_are_given_once(desk: Desk) -> None:
    await desk.policy(name="Gold")
    body = {"name": "gold", "targets": {}}
    assert (await desk.team.call("POST", "/v1/sla-policies", body)).status_code == 409


async def test_a_calendar_that_policies_go_by_stays(desk: Desk) -> None:
    hours = {"name": "Office", "timezone": "Europe/Rome", "week": ALWAYS}
    calendar = await desk.team.ask("POST", "/v1/calendars", hours)
    policy = await desk.policy(name="Gold", calendar=calendar["id"])
    refused = await desk.team.call("DELETE", f"/v1/calendars/{calendar['id']}")
    assert refused.status_code == 409
    assert "Gold" in refused.json()["detail"]
    await desk.replace(policy, calendar=None)
    await desk.team.ask("DELETE", f"/v1/calendars/{calendar['id']}")
