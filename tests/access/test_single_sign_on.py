"""Logging in by an OpenID provider: whom it sends comes in, whom anybody else sends does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import ValidationError
from tests.access.openid import CLIENT, SECRET, OpenId, new_key, opened_provider
from tests.api.team import Team, serving

from gateway.access.oidc.terms import terms_of
from gateway.app import create_app
from gateway.cli.checking import provider_finding
from gateway.database.connections import Database
from gateway.settings import Settings

START = "/v1/sessions/oidc/start"
ADA = {"sub": "1001", "email": "agent@north.test", "email_verified": True, "name": "Ada"}


@dataclass
class Visitor:
    """Somebody with a browser, who goes where they are sent."""

    http: httpx.AsyncClient

    async def leave(self, to: str = "/desk/mine") -> str:
        """The address at ours that the provider sends the browser back to."""
        begun = await self.http.get(START, params={"to": to})
        assert begun.status_code == 303, begun.text
        async with httpx.AsyncClient() as outside:
            agreed = await outside.get(begun.headers["location"])
        assert agreed.status_code == 303, agreed.text
        return str(agreed.headers["location"])

    async def log_in(self, to: str = "/desk/mine") -> str:
        """Where the browser is at the end: a page of the desk."""
        back = await self.http.get(await self.leave(to))
        assert back.status_code == 303, back.text
        return str(back.headers["location"])

    async def refusal(self) -> str:
        """Why the login is refused; nobody is logged in."""
        ended = await self.log_in()
        assert (await self.http.get("/v1/me")).status_code == 401
        return parse_qs(urlsplit(ended).query)["login"][0]


@asynccontextmanager
async def desk(team: Team) -> AsyncIterator[Visitor]:
    transport = httpx.ASGITransport(create_app(team.gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        yield Visitor(http)


@pytest.fixture
async def provider() -> AsyncIterator[OpenId]:
    async with opened_provider() as provider:
        provider.person = dict(ADA)
        yield provider


@pytest.fixture
def terms(provider: OpenId, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings; a test says more by parametrizing this."""
    agreed = {"oidc_issuer": provider.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return agreed | getattr(request, "param", {})


@pytest.fixture
async def team(database: Database, terms: dict[str, Any]) -> AsyncIterator[Team]:
    async with serving(database, "north", "south", **terms) as teams:
        yield teams[0]


@pytest.fixture
async def visitor(team: Team) -> AsyncIterator[Visitor]:
    async with desk(team) as visitor:
        yield visitor


def more(**settings: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("terms", [settings], indirect=True)


async def reasons(team: Team) -> list[str]:
    """What the audit log says of refused logins, the newest first."""
    entries = (await team.get("/v1/audit"))["items"]
    told = [entry for entry in entries if entry["action"].endswith("refused")]
    return [change["after"] for entry in told for change in entry["changes"]]


async def test_whom_the_provider_vouches_for_is_that_agent(team: Team, visitor: Visitor) -> None:
    assert await visitor.log_in("/desk/mine?q=x") == "/desk/mine?q=x"
    assert (await visitor.http.get("/v1/me")).json()["agent"] == str(team.agent_id)
    session = (await visitor.http.get("/v1/session")).json()
    headers = {"X-CSRF-Token": session["csrf"]}
    [entry] = (await team.get("/v1/audit"))["items"]
    assert (entry["agent"], entry["by"]) == (str(team.agent_id), "agent of north")
    assert (await visitor.http.delete("/v1/session", headers=headers)).status_code == 204
    assert (await visitor.http.get("/v1/me")).status_code == 401


async def test_logging_out_leads_on_to_the_provider(provider: OpenId, visitor: Visitor) -> None:
    await visitor.log_in()
    url = (await visitor.http.get("/v1/session")).json()["logout_url"]
    assert url.startswith(f"{provider.url}/logout?")
    query = parse_qs(urlsplit(url).query)
    assert query["client_id"] == [CLIENT]
    assert query["post_logout_redirect_uri"] == ["http://desk.test/desk/"]


async def test_afterwards_the_account_counts_and_not_the_address(
    provider: OpenId, visitor: Visitor, team: Team
) -> None:
    await visitor.log_in()
    provider.person |= {"email": "renamed@elsewhere.test", "email_verified": False}
    assert await visitor.log_in() == "/desk/mine"
    assert (await visitor.http.get("/v1/me")).json()["agent"] == str(team.agent_id)
    provider.person = ADA | {"sub": "2002"}
    async with desk(team) as heir:
        assert await heir.refusal() == "tied"
    assert await reasons(team) == ["tied"]


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "of another login"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://other.test"},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"nonce": None},
    ],
    ids=lambda lies: "-".join(f"{name}" for name in lies),
)
async def test_tokens_that_are_not_for_this_login_are_refused(
    provider: OpenId, team: Team, visitor: Visitor, lies: dict[str, Any]
) -> None:
    provider.lies = lies
    assert await visitor.refusal() == "token"
    assert await reasons(team) == ["token"]


async def test_unsigned_tokens_and_other_algorithms_are_refused(
    provider: OpenId, visitor: Visitor
) -> None:
    for algorithm in ("none", "RS512"):
        provider.algorithm = algorithm
        assert await visitor.refusal() == "token"


async def test_a_new_key_is_fetched_and_a_forged_one_refused(
    provider: OpenId, visitor: Visitor
) -> None:
    await visitor.log_in()
    await visitor.log_in()
    assert provider.calls.count("keys") == provider.calls.count("description") == 1
    provider.key = new_key()
    assert await visitor.log_in() == "/desk/mine"
    assert provider.calls.count("keys") == 2
    visitor.http.cookies.clear()
    back = await visitor.leave()
    provider.key = new_key(provider.key.kid)
    assert "login=token" in (await visitor.http.get(back)).headers["location"]


async def test_a_return_works_once_and_in_the_browser_that_left(
    team: Team, visitor: Visitor
) -> None:
    back = await visitor.leave()
    async with desk(team) as stranger:
        for _ in range(2):
            refused = await stranger.http.get(back)
            assert refused.headers["location"] == "/desk/?login=state"
            await stranger.leave()
    cookie = visitor.http.cookies["sportello_login"]
    assert (await visitor.http.get(back)).headers["location"] == "/desk/mine"
    assert "sportello_login" not in visitor.http.cookies
    visitor.http.cookies.clear()
    visitor.http.cookies.set("sportello_login", cookie)
    again = await visitor.http.get(back)
    assert again.headers["location"] == "/desk/?login=state"
    assert (await visitor.http.get("/v1/me")).status_code == 401


async def test_the_cookie_of_the_way_is_hidden_and_of_one_path(visitor: Visitor) -> None:
    begun = await visitor.http.get(START)
    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/v1/sessions/oidc" in cookie
    query = parse_qs(urlsplit(begun.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://desk.test/v1/sessions/oidc/callback"]


ELSEWHERE = (
    "https://evil.test/",
    "//evil.test",
    "/desk//evil.test",
    "/desk\\evil",
    "/deskevil",
    "/v1/me",
    "/desk/\r\nSet-Cookie: x=1",
    "javascript:alert(1)",
    "/desk@evil.test",
    "",
)


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_nobody_is_sent_elsewhere_afterwards(visitor: Visitor, to: str) -> None:
    assert await visitor.log_in(to) == "/desk/"


async def test_who_is_not_known_or_vouched_for_is_refused(
    provider: OpenId, team: Team, visitor: Visitor
) -> None:
    for verified in (False, "true", None):
        provider.person = ADA | {"email_verified": verified}
        assert await visitor.refusal() == "unverified"
    provider.person = ADA | {"email": "stranger@north.test"}
    assert await visitor.refusal() == "unknown"
    provider.person = ADA | {"email": "agent@south.test"}
    assert await visitor.refusal() == "unknown"
    provider.is_refusing = True
    assert await visitor.refusal() == "denied"
    assert await reasons(team) == ["denied", "unknown", "unknown", *["unverified"] * 3]


async def test_who_has_left_is_refused_before_and_after_the_first_login(
    provider: OpenId, team: Team, visitor: Visitor
) -> None:
    await visitor.log_in()
    await team.ask("DELETE", f"/v1/agents/{team.agent_id}")
    assert await visitor.refusal() == "deactivated"
    provider.person |= {"sub": "3003"}
    assert await visitor.refusal() == "deactivated"


@more(oidc_domains="north.test, west.test")
async def test_other_domains_are_refused(provider: OpenId, visitor: Visitor) -> None:
    provider.person = ADA | {"email": "agent@north.test.evil.test"}
    assert await visitor.refusal() == "domain"
    provider.person = {"sub": "1001"}
    assert await visitor.refusal() == "domain"
    provider.person = ADA | {"email": "Agent@NORTH.test"}
    assert await visitor.log_in() == "/desk/mine"


@more(oidc_new_agents="agent", oidc_workspace="south")
async def test_new_people_become_agents_once(
    provider: OpenId, team: Team, visitor: Visitor
) -> None:
    provider.person = {"sub": "7", "email": "new@one.test", "email_verified": True, "name": "Nia"}
    returns = [await visitor.leave()]
    await visitor.http.get(returns[0])
    me = (await visitor.http.get("/v1/me")).json()
    [agent] = await team.sql("SELECT * FROM agent WHERE email = 'new@one.test'")
    assert (str(agent["id"]), agent["name"], agent["role"]) == (me["agent"], "Nia", "agent")
    assert agent["workspace_id"] != team.workspace_id
    await visitor.log_in()
    assert len(await team.sql("SELECT * FROM agent WHERE email = 'new@one.test'")) == 1


@more(oidc_role_claim="access.roles", oidc_roles="leads=supervisor,it=admin,desk=agent")
async def test_the_provider_gives_roles_and_takes_them(
    provider: OpenId, team: Team, visitor: Visitor
) -> None:
    for roles, role in ((["desk", "leads"], "supervisor"), (["it"], "admin"), ("desk", "agent")):
        provider.person["access"] = {"roles": roles}
        await visitor.log_in()
        assert (await visitor.http.get("/v1/me")).json()["role"] == role
    visitor.http.cookies.clear()
    provider.person["access"] = {"roles": ["visitors", 7]}
    assert await visitor.refusal() == "role"


async def test_calls_go_to_the_issuer_alone(provider: OpenId, visitor: Visitor) -> None:
    async def elsewhere(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        provider.calls.append("elsewhere")
        writer.close()

    server = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for name in ("token_endpoint", "jwks_uri"):
        provider.description = {name: f"http://127.0.0.1:{port}/"}
        begun = await visitor.http.get(START)
        assert begun.headers["location"] == "/desk/?login=provider"
    provider.description = {"issuer": "https://other.test"}
    assert (await visitor.http.get(START)).headers["location"] == "/desk/?login=provider"
    assert "elsewhere" not in provider.calls
    server.close()


@pytest.mark.parametrize(
    "told", [{}, {"issuer": "https://other.test"}, {"jwks_uri": "https://x.test/"}]
)
async def test_a_check_says_what_is_wrong_with_the_provider(
    provider: OpenId, terms: dict[str, Any], told: dict[str, str]
) -> None:
    settings = Settings(_env_file=None, **terms)
    agreed = terms_of(settings)
    assert agreed is not None
    provider.description = told
    finding = await provider_finding(agreed, settings)
    assert bool(finding.mend) == bool(told)
    assert all(value.removeprefix("https://").strip("/") in finding.what for value in told.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "http://accounts.test"},
        {"oidc_issuer": "https://accounts.test"},
        {"oidc_roles": "it=root", "oidc_role_claim": "groups"},
        {"oidc_role_claim": "groups"},
        {"oidc_scopes": "email"},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, **wrong)


async def test_who_comes_too_often_waits(visitor: Visitor) -> None:
    for _ in range(100):
        begun = await visitor.http.get("/v1/sessions/oidc/callback", params={"state": "x"})
        assert begun.headers["location"] == "/desk/?login=state"
    assert (await visitor.http.get(START)).headers["location"] == "/desk/?login=often"


async def test_without_a_provider_there_is_no_such_way(database: Database) -> None:
    async with serving(database, "north") as [team]:
        assert (await team.http.get("/v1/sessions/oidc")).json() == {"label": None}
        assert (await team.http.get(START)).status_code == 404


async def test_the_provider_is_known_by_its_label(visitor: Visitor) -> None:
    assert (await visitor.http.get("/v1/sessions/oidc")).json() == {"label": "single sign-on"}
