"""Sessions: who logs in works by a cookie, which no other page can make use of."""

from tests.access.browser import PASSWORD, Browser, opened
from tests.access.conftest import let_choose
from tests.api.team import Team

COOKIE = "sportello_session"


async def test_who_logs_in_is_that_agent_until_logging_out(team: Team, browser: Browser) -> None:
    answer = await browser.log_in()
    assert answer.status_code == 201
    assert answer.json()["secret"] is None
    me = (await browser.call("GET", "/v1/me")).json()
    assert (me["agent"], me["role"]) == (str(team.agent_id), "agent")
    cookie = browser.http.cookies[COOKIE]
    assert (await browser.call("DELETE", "/v1/session")).status_code == 204
    assert COOKIE not in browser.http.cookies
    browser.http.cookies.set(COOKIE, cookie)
    assert (await browser.call("GET", "/v1/me")).status_code == 401


async def test_scripts_cannot_read_the_cookie_nor_other_sites_send_it(browser: Browser) -> None:
    cookie = (await browser.log_in()).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie.replace("sportello_session", "")


async def test_a_change_needs_the_sessions_csrf_token(team: Team, browser: Browser) -> None:
    await browser.log_in()
    take = f"/v1/queues/{team.queues['General']}/take"
    for wrong in ("", "x", "ä"):
        token, browser.csrf = browser.csrf, wrong
        headers = {b"X-CSRF-Token": wrong.encode()}
        refused = await browser.http.post(take, headers=headers)
        assert refused.status_code == 403
        assert "X-CSRF-Token" in refused.json()["detail"]
        browser.csrf = token
    assert (await browser.call("POST", take)).is_success
    async with opened(team) as another:
        await another.log_in()
        browser.csrf = another.csrf
        assert (await browser.call("POST", take)).status_code == 403


async def test_the_csrf_token_is_told_again_after_a_reload(team: Team, browser: Browser) -> None:
    csrf = (await browser.log_in()).json()["csrf"]
    assert (await browser.call("GET", "/v1/session")).json()["csrf"] == csrf
    assert (await team.call("GET", "/v1/session", token=team.agent)).status_code == 409


async def test_programs_are_given_a_token_and_no_cookie(team: Team, browser: Browser) -> None:
    answer = (await browser.log_in(token=True)).json()
    assert COOKIE not in browser.http.cookies
    assert answer["csrf"] is None
    me = await team.get("/v1/me", token=answer["secret"])
    assert me["agent"] == str(team.agent_id)


async def test_a_session_ends_when_it_is_not_used_and_after_its_longest_life(
    team: Team, browser: Browser
) -> None:
    await browser.log_in()
    for left, used_for, is_renewed in (
        ("7 hours", "1 day", False),
        ("5 hours", "1 day", True),
        ("5 hours", "719 hours", False),
    ):
        await team.sql(
            "UPDATE access_token SET expires_at = now() + $1::text::interval,"
            " created_at = now() - $2::text::interval WHERE is_session",
            left,
            used_for,
        )
        assert (await browser.call("GET", "/v1/me")).status_code == 200
        [row] = await team.sql(
            "SELECT expires_at > now() + interval '11 hours' AS renewed FROM access_token"
            " WHERE is_session"
        )
        assert row["renewed"] is is_renewed, (left, used_for)
    await team.sql("UPDATE access_token SET expires_at = now() WHERE is_session")
    assert (await browser.call("GET", "/v1/me")).status_code == 401


async def test_sessions_are_listed_and_revoked_as_tokens_are(team: Team, browser: Browser) -> None:
    await browser.log_in(name="Firefox")
    tokens = await team.get(f"/v1/agents/{team.agent_id}/tokens")
    [session] = [token for token in tokens if token["name"] == "Firefox"]
    await team.ask("DELETE", f"/v1/tokens/{session['id']}")
    assert (await browser.call("GET", "/v1/me")).status_code == 401


async def test_another_workspaces_password_opens_that_workspace_alone(teams: list[Team]) -> None:
    north, south = teams
    for team, password in ((north, PASSWORD), (south, "another phrase of hers")):
        await team.ask("PATCH", f"/v1/agents/{team.agent_id}", {"email": "ada@both.test"})
        await let_choose(team, str(team.agent_id), password)
    async with opened(north) as browser:
        assert (await browser.log_in()).json()["workspace"] == north.workspace_id
        answer = await browser.log_in("another phrase of hers")
        assert answer.json()["workspace"] == south.workspace_id
        assert (await browser.log_in(workspace="south")).status_code == 401
