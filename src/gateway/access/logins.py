"""Logging in with a mail address, a password and, where the agent has one, a second factor."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from limits import RateLimitItemPerMinute
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import normalise_email
from gateway.access.passwords import Passwords, Verdict
from gateway.access.second_factor import recovery_digest, step_of
from gateway.access.secret_box import SecretBox
from gateway.access.tokens import NewToken, Role, open_session
from gateway.database.connections import Database
from gateway.database.schema import Agent, Login, Workspace
from gateway.limiting import Limiter
from gateway.networks import network_of
from gateway.problems import Problem

PER_ADDRESS = RateLimitItemPerMinute(10, 15)
PER_CLIENT = RateLimitItemPerMinute(100, 15)
"""Tries in a quarter of an hour: of one mail address, whether or not somebody has it, and of one
client, behind which a whole office may sit."""

MOST_WORKSPACES = 5
"""In so many workspaces an address is looked for, if none is named."""

TOO_OFTEN = "too many tries to log in"
WRONG = "the mail address or the password is wrong"
CODE_NEEDED = "a code of the second factor is needed: send it as `code`"
CODE_WRONG = "the code of the second factor is wrong, or was used before"

TOTP_SECRET = "totp"  # noqa: S105 - the name under which it is sealed


@dataclass(frozen=True, slots=True)
class Credentials:
    """`workspace` is a name, needed only by who has the same password in several."""

    email: str
    password: str
    code: str | None = None
    workspace: str | None = None


class Logins:
    """What is tried too often is refused before anything is looked up."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        self.passwords = Passwords()
        self._database = database
        self._box = box
        self._limiter = Limiter()

    async def enter(self, credentials: Credentials, *, client: str, name: str) -> NewToken:
        """Begin a session; `client` is the caller's address, `name` what the session is called.

        Raises:
            Problem: 401, the credentials are wrong or incomplete; 429, tried too often.
        """
        address = normalise_email(credentials.email)
        await self._limiter.count(PER_CLIENT, "from", network_of(client), refusal=TOO_OFTEN)
        await self._limiter.count(PER_ADDRESS, "to", address, refusal=TOO_OFTEN)
        known = await self._known(address, credentials.workspace)
        owner, verdict = await self._owner(known, credentials.password)
        token = await self._begin(owner, verdict, credentials, name)
        await self._limiter.forget(PER_ADDRESS, "to", address)
        return token

    async def _known(self, address: str, workspace: str | None) -> list[Login]:
        statement = (
            select(Login)
            .join(
                Agent,
                (Agent.workspace_id == Login.workspace_id) & (Agent.id == Login.agent_id),
            )
            .join(Workspace, Workspace.id == Login.workspace_id)
            .where(func.lower(Agent.email) == address, Agent.archived_at.is_(None))
            .order_by(Login.workspace_id)
            .limit(MOST_WORKSPACES)
        )
        if workspace is not None:
            statement = statement.where(Workspace.name == workspace)
        async with self._database.transaction() as session:
            return list(await session.scalars(statement))

    async def _owner(self, known: list[Login], password: str) -> tuple[Login, Verdict]:
        """Whose password it is: the first workspace's where it is the same in several."""
        if not known:
            await self.passwords.judge(password, None)
        for login in known:
            verdict = await self.passwords.judge(password, login.password_hash)
            if verdict.is_right:
                return login, verdict
        raise refused(WRONG)

    async def _begin(
        self, owner: Login, verdict: Verdict, credentials: Credentials, name: str
    ) -> NewToken:
        async with self._database.transaction() as session:
            login = await locked_login(session, owner.workspace_id, owner.agent_id)
            if login is None or login.password_hash != owner.password_hash:
                raise refused(WRONG)  # it was changed meanwhile
            if login.totp_since is not None:
                self.take_code(login, credentials.code)
            login.password_hash = verdict.renewed or login.password_hash
            agent = await session.get_one(Agent, (login.workspace_id, login.agent_id))
            return await open_session(
                session, agent.workspace_id, agent.id, Role(agent.role), name=name
            )

    def take_code(self, login: Login, code: str | None) -> None:
        """Accept a code of the app, or a recovery code; each works once.

        Raises:
            Problem: 401, it is missing or wrong.
        """
        if not code:
            raise refused(CODE_NEEDED, "code")
        step = step_of(self.totp_secret(login), code, datetime.now(UTC), login.totp_step)
        spare = recovery_digest(code)
        if step is not None:
            login.totp_step = step
        elif spare in login.recovery_digests:
            login.recovery_digests = [each for each in login.recovery_digests if each != spare]
        else:
            raise refused(CODE_WRONG, "code")

    def totp_secret(self, login: Login) -> str:
        return self._box.open(login.totp_secret)[TOTP_SECRET]

    def sealed(self, secret: str) -> bytes:
        return self._box.seal({TOTP_SECRET: secret})


async def locked_login(session: AsyncSession, workspace_id: int, agent_id: UUID) -> Login | None:
    return await session.get(Login, (workspace_id, agent_id), with_for_update=True)


def refused(detail: str, field: str | None = None) -> Problem:
    """401 with the scheme that it asks for (RFC 9110, section 15.5.2)."""
    errors = [(f"/{field}", detail)] if field else []
    headers = {"WWW-Authenticate": "Bearer"}
    return Problem(401, "Unauthorized", detail, errors=errors, headers=headers)
