"""The workspace's list of tags, and who names one."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.database.schema import Macro, Tag, TagMove
from gateway.ids import new_id
from gateway.problems import conflict, invalid, not_found
from gateway.rule_sets import RuleDocument


async def find_tag(session: AsyncSession, workspace_id: int, tag_id: UUID) -> Tag:
    """Raises Problem 404."""
    row = await session.get(Tag, (workspace_id, tag_id), with_for_update=True)
    if row is None:
        raise not_found("tag")
    return row


async def require_usable(session: AsyncSession, workspace_id: int, names: Collection[str]) -> None:
    """Raises Problem 422 where a tag is archived; tags that the list does not have are free."""
    if not names:
        return
    statement = select(Tag.name).where(
        Tag.workspace_id == workspace_id, Tag.name.in_(names), Tag.archived_at.is_not(None)
    )
    archived = set(await session.scalars(statement))
    mistakes = [
        (f"/add/{place}", f"the tag {name!r} is archived: choose another (GET /v1/tags)")
        for place, name in enumerate(names)
        if name in archived
    ]
    if mistakes:
        raise invalid("there are tags that are not given any more", mistakes)


async def become(session: AsyncSession, workspace_id: int, source: str, target: str) -> TagMove:
    """Have a worker give conversations `target` for `source`; macros change at once.

    Raises:
        Problem: 409 where rules in force name the tag, which would give it again, or it is
            becoming another already.
    """
    if names := await rules_with(session, workspace_id, source):
        raise conflict(f"rules name the tag {source!r}: change {', '.join(names)} first")
    if await _is_moving(session, workspace_id, {source, target}):
        raise conflict("the tag is still becoming another one: wait until that is done")
    await session.execute(
        update(Macro)
        .where(Macro.workspace_id == workspace_id, Macro.tags.contains([source]))
        .values(tags=_instead(source, target))
        .execution_options(synchronize_session=False)
    )
    move = TagMove(workspace_id=workspace_id, id=new_id(), source=source, target=target)
    session.add(move)
    await session.flush()
    return move


def _instead(source: str, target: str) -> ColumnElement[list[str]]:
    others = func.array_remove(func.array_remove(Macro.tags, source), target)
    return func.array_append(others, target)


async def _is_moving(session: AsyncSession, workspace_id: int, names: set[str]) -> bool:
    statement = select(TagMove.id).where(
        TagMove.workspace_id == workspace_id,
        TagMove.done_at.is_(None),
        TagMove.source.in_(names) | TagMove.target.in_(names),
    )
    return (await session.scalars(statement)).first() is not None


async def rules_with(session: AsyncSession, workspace_id: int, tag: str) -> list[str]:
    """The names of rules in force that give a tag or ask for it."""
    current = await rule_sets.published(session, workspace_id)
    return [repr(rule["name"]) for rule in current.rules if _names(rule, tag)]


def _names(rule: RuleDocument, tag: str) -> bool:
    return tag in rule["then"].get("add_tags", ()) or _asks(rule["when"], tag)


def _asks(condition: object, tag: str) -> bool:
    """Whether a condition, as JSON has it, tests `tags` for one of this name."""
    if isinstance(condition, list):
        return any(_asks(each, tag) for each in condition)
    if not isinstance(condition, dict):
        return False
    if condition.get("field") == "tags":
        value = condition.get("value")
        return tag in value if isinstance(value, list) else tag == value
    return any(_asks(each, tag) for each in condition.values())
