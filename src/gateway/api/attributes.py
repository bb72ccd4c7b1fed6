"""Attributes that contacts and conversations may have, each with its type."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.callers import AdminCaller, AgentCaller, Parts
from gateway.api.changes import configuring
from gateway.api.problems import documented
from gateway.api.texts import Name, Text
from gateway.database.schema import AttributeDefinition
from gateway.database.schema.attributes import AttributeType, Subject
from gateway.ids import new_id
from gateway.problems import conflict, not_found

router = APIRouter(
    prefix="/v1/attributes", tags=["attributes"], responses=documented(401, 403, 422, 503)
)

AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Options = Annotated[list[Name], Field(max_length=200)]
Label = Annotated[Text, Field(max_length=200)]

EXAMPLE: dict[str, Any] = {
    "name": "plan",
    "subject": "contact",
    "type": "choice",
    "options": ["basic", "business"],
}


class AttributeIn(BaseModel):
    """`options` are the values of a choice, and of nothing else."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: AttributeName
    subject: Subject
    type: AttributeType
    label: Label | None = None
    options: Options = []

    @model_validator(mode="after")
    def _has_options(self) -> Self:
        if bool(self.options) != (self.type == "choice"):
            raise ValueError("options: a choice has some, other types have none")
        return self


class AttributePatch(BaseModel):
    """Only what is given changes; name, subject and type stay. Kept values stay as they are."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"label": "Customer's plan"}]}
    )

    label: Label | None = None
    options: Annotated[Options, Field(min_length=1)] | None = None


class AttributeOut(BaseModel):
    id: UUID
    name: str
    subject: Subject
    type: AttributeType
    label: str | None
    options: list[str]
    created_at: datetime


@router.get("")
async def list_attributes(gateway: Parts, caller: AgentCaller) -> list[AttributeOut]:
    """All, by name."""
    statement = (
        select(AttributeDefinition)
        .where(AttributeDefinition.workspace_id == caller.workspace_id)
        .order_by(AttributeDefinition.name)
    )
    async with gateway.database.transaction() as session:
        return [_shown(row) for row in await session.scalars(statement)]


@router.post("", status_code=201, responses=documented(409))
async def define_attribute(gateway: Parts, caller: AdminCaller, body: AttributeIn) -> AttributeOut:
    """Values that are there already and fit have the type from then on; others stay texts."""
    row = AttributeDefinition(workspace_id=caller.workspace_id, id=new_id(), **body.model_dump())
    async with configuring(gateway, caller.workspace_id) as session:
        session.add(row)
        try:
            await session.flush()
        except IntegrityError:
            raise conflict("another attribute has this name") from None
        return _shown(row)


@router.get("/{id}", responses=documented(404))
async def get_attribute(gateway: Parts, caller: AgentCaller, id: UUID) -> AttributeOut:  # noqa: A002
    async with gateway.database.transaction() as session:
        return _shown(await _find(session, caller.workspace_id, id))


@router.patch("/{id}", responses=documented(404, 409))
async def change_attribute(
    gateway: Parts,
    caller: AdminCaller,
    id: UUID,  # noqa: A002
    body: AttributePatch,
) -> AttributeOut:
    async with configuring(gateway, caller.workspace_id) as session:
        row = await _find(session, caller.workspace_id, id)
        if body.options is not None and row.type != "choice":
            raise conflict(f"an attribute of type {row.type} has no options")
        if "label" in body.model_fields_set:
            row.label = body.label
        row.options = body.options or row.options
        await session.flush()
        return _shown(row)


@router.delete("/{id}", status_code=204, responses=documented(404))
async def delete_attribute(gateway: Parts, caller: AdminCaller, id: UUID) -> None:  # noqa: A002
    """Define it no more: what is kept of it stays, as texts."""
    async with configuring(gateway, caller.workspace_id) as session:
        await session.delete(await _find(session, caller.workspace_id, id))


async def _find(session: AsyncSession, workspace_id: int, id_: UUID) -> AttributeDefinition:
    row = await session.get(AttributeDefinition, (workspace_id, id_))
    if row is None:
        raise not_found("attribute")
    return row


def _shown(row: AttributeDefinition) -> AttributeOut:
    return AttributeOut.model_validate(row, from_attributes=True)
