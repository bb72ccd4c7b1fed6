"""API keys of programs, and how tokens of every sort are shown and revoked."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, func, select, update

from gateway.access.tokens import NewToken, Role, issue
from gateway.api.callers import AdminCaller, Parts
from gateway.api.problems import documented
from gateway.api.texts import Name
from gateway.composition import Gateway
from gateway.database.schema import AccessToken
from gateway.problems import conflict, not_found
from gateway.wakeups import Topic

router = APIRouter(prefix="/v1", tags=["access"], responses=documented(401, 403, 422, 503))

LONGEST_LIFE = timedelta(days=3_650)


def _in_future(moment: datetime) -> datetime:
    if not datetime.now(UTC) < moment <= datetime.now(UTC) + LONGEST_LIFE:
        raise ValueError("must lie in the future, ten years away at most")
    return moment


Expiry = Annotated[
    AwareDatetime,
    AfterValidator(_in_future),
    Field(description="With its offset; unset: valid until revoked"),
]


class KeyIn(BaseModel):
    """`provider` keys may post messages to the inbound doors and nothing else."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Mail relay", "role": "provider"}]},
    )

    name: Name
    role: Role
    expires_at: Expiry | None = None


class TokenIn(BaseModel):
    """The token has its agent's role."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Laptop"}]})

    name: Name
    expires_at: Expiry | None = None


class TokenOut(BaseModel):
    """A token without its secret, which is kept by nobody but its owner."""

    id: UUID
    name: str
    role: Role
    agent: UUID | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewTokenOut(TokenOut):
    """`secret` is shown this once and never again: send it as `Authorization: Bearer`."""

    secret: str


@router.get("/keys")
async def list_keys(gateway: Parts, caller: AdminCaller) -> list[TokenOut]:
    """All API keys, revoked ones included, newest first."""
    return await tokens_where(gateway, caller.workspace_id, AccessToken.agent_id.is_(None))


@router.post("/keys", status_code=201)
async def create_key(gateway: Parts, caller: AdminCaller, body: KeyIn) -> NewTokenOut:
    async with gateway.database.transaction() as session:
        new = await issue(
            session,
            caller.workspace_id,
            name=body.name,
            role=body.role,
            expires_at=body.expires_at,
        )
        return shown_once(new)


@router.delete("/keys/{id}", status_code=204, responses=documented(404, 409))
async def revoke_key(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Revoke a key, at once and for good; the one that this call is made with must not be."""
    if id == caller.token_id:
        raise conflict("this call is made with that key: use another one to revoke it")
    await _revoke(gateway, caller.workspace_id, id, AccessToken.agent_id.is_(None), "API key")


@router.delete("/tokens/{id}", status_code=204, responses=documented(404))
async def revoke_token(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Revoke an agent's token, at once and for good."""
    await _revoke(gateway, caller.workspace_id, id, AccessToken.agent_id.is_not(None), "token")


async def _revoke(
    gateway: Gateway, workspace_id: int, token_id: UUID, sort: ColumnElement[bool], what: str
) -> None:
    statement = (
        update(AccessToken)
        .where(AccessToken.workspace_id == workspace_id, AccessToken.id == token_id, sort)
        .values(revoked_at=func.coalesce(AccessToken.revoked_at, func.now()))
        .returning(AccessToken.id)
    )
    async with gateway.database.transaction() as session:
        if await session.scalar(statement) is None:
            raise not_found(what)
    gateway.wakeups.notify(Topic.ACCESS)


async def tokens_where(
    gateway: Gateway, workspace_id: int, condition: ColumnElement[bool]
) -> list[TokenOut]:
    statement = (
        select(AccessToken)
        .where(AccessToken.workspace_id == workspace_id, condition)
        .order_by(AccessToken.id.desc())
    )
    async with gateway.database.transaction() as session:
        return [token_shown(token) for token in await session.scalars(statement)]


def token_shown(token: AccessToken) -> TokenOut:
    return TokenOut(
        id=token.id,
        name=token.name,
        role=Role(token.role),
        agent=token.agent_id,
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
    )


def shown_once(new: NewToken) -> NewTokenOut:
    return NewTokenOut(**dict(token_shown(new.token)), secret=new.secret)
