"""The draft: rules and test cases as admins change them, until they are published."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway import rule_sets
from gateway.database.schema import RuleSetDraft, RuleSetVersion, Workspace
from gateway.problems import Problem, conflict
from gateway.rule_sets import CaseDocument, RuleDocument


@dataclass(frozen=True, slots=True)
class Draft:
    """What may come next. Without changes it is what is in force, and follows that.

    `tag` (an entity tag without quotes) is another one after every change of what is seen here.
    """

    based_on: int
    revision: int
    is_changed: bool
    rules: list[RuleDocument]
    cases: list[CaseDocument]
    changed_by: str | None
    changed_at: datetime | None

    @property
    def tag(self) -> str:
        return f"{self.based_on}.{self.revision}"


async def lock(session: AsyncSession, workspace_id: int) -> None:
    """One change of the draft at a time."""
    await session.execute(
        select(Workspace.id).where(Workspace.id == workspace_id).with_for_update()
    )


async def read(session: AsyncSession, workspace_id: int) -> Draft:
    stored = await session.get(RuleSetDraft, workspace_id, populate_existing=True)
    if stored is None or stored.rules is None:
        current = await rule_sets.published(session, workspace_id)
        revision = stored.revision if stored else 0
        return Draft(current.version, revision, False, current.rules, current.cases, None, None)
    return Draft(
        based_on=stored.based_on or 0,
        revision=stored.revision,
        is_changed=True,
        rules=stored.rules,
        cases=stored.cases or [],
        changed_by=stored.changed_by,
        changed_at=stored.changed_at,
    )


async def change(
    session: AsyncSession,
    workspace_id: int,
    by: str,
    *,
    rules: list[RuleDocument] | None = None,
    cases: list[CaseDocument] | None = None,
) -> Draft:
    """Write other rules, other cases, or both; the workspace's row must be locked."""
    former = await read(session, workspace_id)
    await session.merge(
        RuleSetDraft(
            workspace_id=workspace_id,
            revision=former.revision + 1,
            based_on=former.based_on,
            rules=former.rules if rules is None else rules,
            cases=former.cases if cases is None else cases,
            changed_by=by,
            changed_at=datetime.now(UTC),
        )
    )
    await session.flush()
    return await read(session, workspace_id)


async def discard(session: AsyncSession, workspace_id: int) -> None:
    """Forget the changes; the workspace's row must be locked."""
    if stored := await session.get(RuleSetDraft, workspace_id):
        stored.revision += 1
        stored.rules = stored.cases = stored.based_on = None
        stored.changed_by = stored.changed_at = None


async def settle(session: AsyncSession, stored: RuleSetVersion) -> None:
    """Once a version is in force that the draft equals, the draft has no changes any more."""
    draft = await read(session, stored.workspace_id)
    if draft.rules == stored.rules and draft.cases == stored.cases:
        await discard(session, stored.workspace_id)


def require_current(draft: Draft, published: int, replaces: int | None) -> None:
    """Refuse to take back unseen what others have published since the draft was begun.

    Raises:
        Problem: 409; `replaces` is the version that the caller knows to be in force.
    """
    if published not in {draft.based_on, replaces}:
        raise conflict(
            f"version {published} came into force since the draft was begun from version "
            f"{draft.based_on}: see GET /v1/rules/diff?from={draft.based_on}&to={published}, then "
            f'publish with {{"replaces": {published}}}, or DELETE /v1/rules/draft'
        )


def require_changed(draft: Draft) -> None:
    if not draft.is_changed:
        raise Problem(409, "Conflict", "the draft is what is in force: change it first")
