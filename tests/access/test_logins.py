"""Passwords and second factors: what is wrong, used up or tried too often opens nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from tests.access.browser import PASSWORD, Browser, opened
from tests.access.conftest import let_choose
from tests.api.team import Team

FACTOR = "/v1/me/second-factor"


async def test_what_is_wrong_is_refused_in_the_same_words(team: Team, browser: Browser) -> None:
    answers = [await browser.log_in("wrong"), await browser.log_in(PASSWORD.upper())]
    async with opened(team) as stranger:
        stranger.email = "nobody@desk.test"
        answers.append(await stranger.log_in())
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


async def test_addresses_are_read_as_they_are_meant(browser: Browser) -> None:
    browser.email = f" {browser.email.upper()} "
    assert (await browser.log_in()).status_code == 201


async def test_who_tries_too_often_waits_even_with_the_right_password(browser: Browser) -> None:
    for _ in range(10):
        assert (await browser.log_in("wrong")).status_code == 401
    refused = await browser.log_in()
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900


async def test_logging_in_begins_the_count_anew(browser: Browser) -> None:
    for _ in range(3):
        for _ in range(5):
            await browser.log_in("wrong")
        assert (await browser.log_in()).status_code == 201


async def test_the_password_is_kept_as_an_argon2_hash_alone(team: Team) -> None:
    [row] = await team.sql("SELECT * FROM login")
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in repr(row)


async def test_an_invitation_is_used_once_and_ends(team: Team) -> None:
    path = f"/v1/agents/{team.agent_id}/invitations"
    first = await team.ask("POST", path)
    second = await team.ask("POST", path)
    body = {"invitation": first["secret"], "password": "a quite long phrase"}
    assert (await team.http.post("/v1/passwords", json=body)).status_code == 404
    body["invitation"] = second["secret"]
    answers = await asyncio.gather(*(team.http.post("/v1/passwords", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404]
    third = await team.ask("POST", path)
    await team.sql("UPDATE invitation SET expires_at = now()")
    body["invitation"] = third["secret"]
    assert (await team.http.post("/v1/passwords", json=body)).status_code == 404


async def test_short_passwords_are_refused_without_being_repeated(team: Team) -> None:
    answer = await team.http.post("/v1/passwords", json={"invitation": "x", "password": "hunter2"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/password"
    assert "hunter2" not in answer.text


async def test_a_new_password_ends_all_other_sessions(team: Team, browser: Browser) -> None:
    await browser.log_in()
    async with opened(team) as another:
        await another.log_in()
        body = {"current": PASSWORD, "new": "a quite long phrase"}
        wrong = await browser.call("PUT", "/v1/me/password", body | {"current": "wrong"})
        assert wrong.status_code == 401
        assert (await browser.call("PUT", "/v1/me/password", body)).status_code == 204
        assert (await browser.call("GET", "/v1/me")).status_code == 200
        assert (await another.call("GET", "/v1/me")).status_code == 401
        assert (await another.log_in()).status_code == 401
        assert (await another.log_in("a quite long phrase")).status_code == 201
    await let_choose(team, str(team.agent_id), "forgotten, and chosen anew")
    assert (await browser.call("GET", "/v1/me")).status_code == 401


async def test_an_agent_who_has_left_cannot_log_in(team: Team, browser: Browser) -> None:
    await browser.log_in()
    await team.ask("DELETE", f"/v1/agents/{team.agent_id}")
    assert (await browser.call("GET", "/v1/me")).status_code == 401
    assert (await browser.log_in()).status_code == 401


@pytest.fixture
async def app_of(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """The agent's app for codes, enrolled, with the codes that were written down."""
    await browser.log_in()
    begun = (await browser.call("POST", FACTOR, {"password": PASSWORD})).json()
    app = pyotp.parse_uri(begun["uri"])
    assert isinstance(app, pyotp.TOTP)
    code = app.at(datetime.now(UTC), counter_offset=-1)  # the present one is for the test
    confirmed = (await browser.call("PUT", FACTOR, {"code": code})).json()
    return app, confirmed["recovery_codes"]


async def test_a_second_factor_is_asked_for_and_a_code_works_once(
    browser: Browser, app_of: tuple[pyotp.TOTP, list[str]]
) -> None:
    app, _ = app_of
    missing = await browser.log_in()
    assert missing.status_code == 401
    assert missing.json()["errors"][0]["pointer"] == "/code"
    code = app.at(datetime.now(UTC), counter_offset=1)
    answers = await asyncio.gather(*(browser.log_in(code=code) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]
    late = app.at(datetime.now(UTC) - timedelta(minutes=5))
    assert (await browser.log_in(code=late)).status_code == 401


async def test_a_recovery_code_works_once(
    team: Team, browser: Browser, app_of: tuple[pyotp.TOTP, list[str]]
) -> None:
    _, codes = app_of
    assert len(set(codes)) == 10
    assert (await browser.log_in(code=codes[3])).status_code == 201
    assert (await browser.log_in(code=codes[3])).status_code == 401
    assert (await browser.log_in(code=codes[4].upper())).status_code == 201
    [row] = await team.sql("SELECT * FROM login")
    assert not any(code in repr(row) for code in codes)


async def test_an_unconfirmed_second_factor_asks_nothing(browser: Browser) -> None:
    await browser.log_in()
    begun = await browser.call("POST", FACTOR, {"password": PASSWORD})
    assert begun.json()["secret"] in begun.json()["uri"]
    wrong = await browser.call("PUT", FACTOR, {"code": "000 000"})
    assert wrong.status_code == 422
    assert (await browser.log_in()).status_code == 201


async def test_a_stolen_session_cannot_replace_the_second_factor(
    team: Team, browser: Browser, app_of: tuple[pyotp.TOTP, list[str]]
) -> None:
    assert (await browser.call("POST", FACTOR, {"password": "wrong"})).status_code == 401
    assert (await browser.call("POST", FACTOR, {"password": PASSWORD})).status_code == 409
    path = f"/v1/agents/{team.agent_id}/second-factor"
    assert (await team.call("DELETE", path, token=team.agent)).status_code == 403
    await team.ask("DELETE", path)
    assert (await browser.call("GET", "/v1/me")).status_code == 401
    assert (await browser.log_in()).status_code == 201


async def test_the_apps_secret_is_encrypted(
    team: Team, browser: Browser, app_of: tuple[pyotp.TOTP, list[str]]
) -> None:
    app, _ = app_of
    [row] = await team.sql("SELECT * FROM login")
    assert app.secret not in repr(row)
