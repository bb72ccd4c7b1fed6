"""Administrative acts, written down in the transaction that does them.

Whoever lets an act begin says so by `begin`. The first transaction after it that writes, in the
same task, adds the entry before it commits: no act without its entry, no entry without its act.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from gateway.database.schema import AuditEntry, Base
from gateway.ids import new_id

SETTINGS = frozenset(
    {
        "access_token",
        "agent",
        "business_calendar",
        "channel",
        "figure_target",
        "macro",
        "queue",
        "queue_member",
        "sla_policy",
        "survey",
        "workspace",
    }
)
"""Tables whose plain values are shown: the others hold what customers wrote, or secrets."""

PLAIN = (str, int, float, bool, datetime, UUID)
LONGEST = 200
MOST_CHANGES = 20


@dataclass(slots=True)
class Act:
    """Who does what: `action` is a method and the template of a path, `target` the path's id."""

    workspace_id: int
    token_id: UUID
    agent_id: UUID | None
    action: str
    target: str | None
    is_written: bool = False
    changes: list[dict[str, Any]] = field(default_factory=list)


_begun: ContextVar[Act | None] = ContextVar("administrative act", default=None)


def begin(act: Act) -> None:
    """The rest of this task, a request, is the act's."""
    _begun.set(act)


class WatchedSession(Session):
    """A session that knows whether it has written."""


@event.listens_for(WatchedSession, "before_flush")
def _note_rows(session: Session, _: UOWTransaction, __: object) -> None:
    act = _begun.get()
    if act is None or act.is_written:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, AuditEntry) and session.is_modified(row):
            session.info["act"] = act
            act.changes += _changes_of(row)


@event.listens_for(WatchedSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    act = _begun.get()
    is_writing = state.is_insert or state.is_update or state.is_delete
    if act is not None and not act.is_written and is_writing:
        state.session.info["act"] = act


@event.listens_for(WatchedSession, "before_commit")
def _write(session: Session) -> None:
    session.flush()
    act: Act | None = session.info.get("act")
    if act is None or act.is_written:
        return
    session.add(
        AuditEntry(
            workspace_id=act.workspace_id,
            id=new_id(),
            at=datetime.now(UTC),
            token_id=act.token_id,
            agent_id=act.agent_id,
            action=act.action,
            target=act.target,
            changes=act.changes[:MOST_CHANGES],
        )
    )


@event.listens_for(WatchedSession, "after_commit")
def _is_done(session: Session) -> None:
    if act := session.info.get("act"):
        act.is_written = True


def _changes_of(row: Base) -> list[dict[str, Any]]:
    """The fields of a row that change."""
    state = inspect(row)
    table = row.__tablename__
    changes = []
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if history.has_changes():
            shown = _shown if table in SETTINGS else _withheld
            before, after = shown(history.deleted), shown(history.added)
            field = {"table": table, "field": attribute.key}
            changes.append(field | {"before": before, "after": after})
    return changes


def _shown(values: Any) -> Any:
    """A plain short value; None for none, and for one that is not to be shown."""
    value = values[0] if values else None
    if isinstance(value, str):
        return value if len(value) <= LONGEST else None
    return value if isinstance(value, PLAIN) else None


def _withheld(_: Any) -> None:
    return None
