"""The way in: out to the provider, back with a code, on with a session of ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from limits import RateLimitItemPerMinute
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from gateway.access.oidc.errand import LIVES_S, Errand, new_errand, returned, sealed
from gateway.access.oidc.people import agent_of, person_of
from gateway.access.oidc.provider import Grant, Provider
from gateway.access.oidc.refusal import LoginRefused, Reason
from gateway.access.oidc.terms import Terms
from gateway.access.secret_box import SecretBox
from gateway.access.tokens import NewToken, Role, open_session
from gateway.database.connections import Database
from gateway.database.schema import AuditEntry, SpentErrand, Workspace
from gateway.ids import new_id
from gateway.limiting import Limiter
from gateway.networks import network_of
from gateway.problems import Problem

PER_CLIENT = RateLimitItemPerMinute(100, 15)
"""Begun and finished logins of one client in a quarter of an hour."""

LOGGED_IN = "Login by the provider"
REFUSED = "Login by the provider refused"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the cookie that it comes back with."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser has come back with; `cookie` and texts as they were sent."""

    cookie: str | None
    state: str
    code: str | None
    error: str | None
    redirect_uri: str


class SingleSignOn:
    """All that concerns the one provider of this installation."""

    def __init__(self, terms: Terms, database: Database, box: SecretBox) -> None:
        self.terms = terms
        self.provider = Provider(terms)
        self._database = database
        self._box = box
        self._limiter = Limiter()

    async def depart(self, to: str, redirect_uri: str, client: str) -> Departure:
        """Send a browser to the provider; afterwards it wants the desk's page `to`.

        Raises:
            LoginRefused: tried too often, or the provider does not answer.
        """
        await self._count(client)
        description = await self.provider.description()
        errand = new_errand(to)
        query = {
            "response_type": "code",
            "client_id": self.terms.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.terms.scopes,
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in description.authorization_endpoint else "?"
        url = f"{description.authorization_endpoint}{joint}{urlencode(query)}"
        return Departure(url, sealed(errand, self._box))

    async def arrive(self, back: Return, client: str) -> tuple[NewToken, str]:
        """The session of whom the provider has sent, and the page that they want.

        Raises:
            LoginRefused: whoever it is does not come in; the audit log says so, if the browser
                was sent by us.
        """
        await self._count(client)
        errand = returned(back.cookie, back.state, self._box)
        workspace_id = await self._workspace()
        try:
            await self._spend(workspace_id, errand)
            claims = await self._claims(back, errand)
            return await self._enter(workspace_id, claims), errand.to
        except LoginRefused as refusal:
            log.warning("login.refused", reason=refusal.reason.value, detail=refusal.detail)
            await self._note(workspace_id, refusal.reason)
            raise

    async def end_session_url(self, back_to: str) -> str | None:
        """Where a browser ends its session at the provider, where that is offered.

        OpenID Connect RP-Initiated Logout, section 2.
        """
        try:
            endpoint = (await self.provider.description()).end_session_endpoint
        except LoginRefused:
            return None
        query = urlencode({"client_id": self.terms.client_id, "post_logout_redirect_uri": back_to})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}" if endpoint else None

    async def _count(self, client: str) -> None:
        try:
            await self._limiter.count(PER_CLIENT, "sso", network_of(client), refusal="too many")
        except Problem as problem:
            raise LoginRefused(Reason.OFTEN) from problem

    async def _workspace(self) -> int:
        statement = select(Workspace.id).order_by(Workspace.id).limit(1)
        if self.terms.workspace is not None:
            statement = statement.where(Workspace.name == self.terms.workspace)
        async with self._database.transaction() as session:
            found = await session.scalar(statement)
        if found is None:
            log.error("login.no_workspace", workspace=self.terms.workspace)
            raise LoginRefused(Reason.PROVIDER, "SPORTELLO_OIDC_WORKSPACE names no workspace")
        return int(found)

    async def _spend(self, workspace_id: int, errand: Errand) -> None:
        """An errand is finished once, whichever process it comes to."""
        now = datetime.now(UTC)
        async with self._database.transaction() as session:
            await session.execute(
                delete(SpentErrand).where(
                    SpentErrand.workspace_id == workspace_id,
                    SpentErrand.at < now - timedelta(seconds=2 * LIVES_S),
                )
            )
            spent = await session.execute(
                insert(SpentErrand)
                .values(workspace_id=workspace_id, digest=errand.digest, at=now)
                .on_conflict_do_nothing()
                .returning(SpentErrand.digest)
            )
            if spent.first() is None:
                raise LoginRefused(Reason.STATE)

    async def _claims(self, back: Return, errand: Errand) -> dict[str, Any]:
        if back.error is not None or not back.code:
            raise LoginRefused(Reason.DENIED)
        grant = Grant(back.code, errand.verifier, errand.nonce, back.redirect_uri)
        return await self.provider.claims(grant)

    async def _enter(self, workspace_id: int, claims: dict[str, Any]) -> NewToken:
        person = person_of(claims, self.terms)
        async with self._database.transaction() as session:
            agent = await agent_of(session, workspace_id, person, self.terms)
            new = await open_session(
                session, workspace_id, agent.id, Role(agent.role), name=self.terms.label
            )
            session.add(_entry(workspace_id, LOGGED_IN, agent.id, new.token.id))
            return new

    async def _note(self, workspace_id: int, reason: Reason) -> None:
        entry = _entry(workspace_id, REFUSED, None, None)
        told = {"table": "login", "field": "reason", "before": None, "after": reason.value}
        entry.changes = [told]
        async with self._database.transaction() as session:
            session.add(entry)


def _entry(
    workspace_id: int, action: str, agent_id: UUID | None, token_id: UUID | None
) -> AuditEntry:
    return AuditEntry(
        workspace_id=workspace_id,
        id=new_id(),
        at=datetime.now(UTC),
        token_id=token_id,
        agent_id=agent_id,
        action=action,
        target=str(agent_id) if agent_id else None,
        changes=[],
    )
