"""What an agent sets about logging in: the password, and a second factor."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, SecretStr

from gateway.access.logins import locked_login, refused
from gateway.access.second_factor import (
    enrolment_uri,
    new_recovery_codes,
    new_secret,
    recovery_digest,
    step_of,
)
from gateway.access.tokens import end_sessions
from gateway.api.callers import AgentCaller, Parts, acting_agent
from gateway.api.passwords import Code, NewPassword, Password
from gateway.api.problems import documented
from gateway.composition import Gateway
from gateway.database.schema import Agent, Login
from gateway.problems import conflict, invalid
from gateway.wakeups import Topic

router = APIRouter(prefix="/v1/me", tags=["access"], responses=documented(401, 403, 409, 422, 503))


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current: Password
    new: NewPassword


@router.put("/password", status_code=204)
async def change_password(gateway: Parts, caller: AgentCaller, body: PasswordChange) -> None:
    """Set another password; all other sessions of the agent end."""
    agent_id = acting_agent(caller)
    kept = await _own_login(gateway, caller.workspace_id, agent_id, body.current)
    hashed = await gateway.logins.passwords.hashed(body.new.get_secret_value())
    async with gateway.database.transaction() as session:
        login = await locked_login(session, caller.workspace_id, agent_id)
        if login is None or login.password_hash != kept.password_hash:
            raise conflict("the password was changed meanwhile: log in again")
        login.password_hash, login.changed_at = hashed, datetime.now(UTC)
        await end_sessions(session, caller.workspace_id, agent_id, but=caller.token_id)
    gateway.wakeups.notify(Topic.ACCESS)


class SecondFactorIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password


class SecondFactorOut(BaseModel):
    """`uri` is what a QR code holds for an app; it counts once a code has confirmed it."""

    secret: str
    uri: str


@router.post("/second-factor", status_code=201)
async def begin_second_factor(
    gateway: Parts, caller: AgentCaller, body: SecondFactorIn
) -> SecondFactorOut:
    """Make the secret for an app with codes; confirm it by PUT with a first code."""
    agent_id = acting_agent(caller)
    await _own_login(gateway, caller.workspace_id, agent_id, body.password)
    secret = new_secret()
    async with gateway.database.transaction() as session:
        login = await locked_login(session, caller.workspace_id, agent_id)
        if login is None or login.totp_since is not None:
            raise conflict("there is a second factor: an admin can remove it")
        login.totp_secret, login.totp_step = gateway.logins.sealed(secret), 0
        agent = await session.get_one(Agent, (caller.workspace_id, agent_id))
        return SecondFactorOut(secret=secret, uri=enrolment_uri(secret, agent.email))


class CodeIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "492039"}]})

    code: Code


class RecoveryCodesOut(BaseModel):
    """Each works once in place of a code of the app; they are shown this once."""

    recovery_codes: list[str]


@router.put("/second-factor")
async def confirm_second_factor(
    gateway: Parts, caller: AgentCaller, body: CodeIn
) -> RecoveryCodesOut:
    """Prove by a code that the app has the secret; from now on logging in needs one."""
    codes = new_recovery_codes()
    async with gateway.database.transaction() as session:
        login = await locked_login(session, caller.workspace_id, acting_agent(caller))
        if login is None or login.totp_secret is None or login.totp_since is not None:
            raise conflict("no second factor waits for its first code: POST /v1/me/second-factor")
        now = datetime.now(UTC)
        step = step_of(gateway.logins.totp_secret(login), body.code, now, login.totp_step)
        if step is None:
            raise invalid("the code is wrong", [("/code", "must be the app's present code")])
        login.totp_since, login.totp_step = now, step
        login.recovery_digests = [recovery_digest(code) for code in codes]
    return RecoveryCodesOut(recovery_codes=codes)


async def _own_login(
    gateway: Gateway, workspace_id: int, agent_id: UUID, password: SecretStr
) -> Login:
    """The caller's login, if the password is right; a session that was stolen does not know it."""
    async with gateway.database.transaction() as session:
        login = await session.get(Login, (workspace_id, agent_id))
    if login is None:
        raise conflict("the agent has no password yet: ask an admin for an invitation")
    verdict = await gateway.logins.passwords.judge(password.get_secret_value(), login.password_hash)
    if not verdict.is_right:
        raise refused("the present password is wrong")
    return login
