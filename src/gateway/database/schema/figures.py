"""How well the team serves: cases made of the log of events, and what they add up to per day."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, Position, Timestamp, WorkspaceId, one_of


class FigureCursor(Base):
    """How far the log has been counted: all up to `pos`, written at `at`.

    `basis` is the digest of the settings that it was counted by: with others all is counted anew.
    `configuration` is that of the workspace when they were last looked at.
    """

    __tablename__ = "figure_cursor"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    pos: Mapped[Position] = mapped_column(server_default=text("0"))
    at: Mapped[Timestamp | None]
    basis: Mapped[str] = mapped_column(server_default="")
    configuration: Mapped[Position] = mapped_column(server_default=text("0"))


class FigureCase(Base):
    """One case of a figure: what a conversation adds to it, as its events tell.

    `n` counts those of a conversation and figure. It counts on `day` and at `hour` by the clock of
    the calendar. Durations have `seconds`, of all time and of business time; a share is how many
    cases are a `hit`. A stay open lasts `until` its end, null while it lasts. The conversation may
    be gone: nothing here is anybody's words, name or address.
    """

    __tablename__ = "figure_case"
    __table_args__ = (
        Index("figure_case_day_idx", "figure", "day", "workspace_id", "conversation_id"),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Timestamp]
    until: Mapped[Timestamp | None]
    day: Mapped[date]
    hour: Mapped[int] = mapped_column(SmallInteger)
    seconds: Mapped[int | None]
    business_s: Mapped[int | None]
    hit: Mapped[bool]
    queue_id: Mapped[UUID | None]
    level: Mapped[int | None] = mapped_column(SmallInteger)
    channel_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    policy_id: Mapped[UUID | None]
    type: Mapped[str | None]
    priority: Mapped[str | None]
    language: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))


class FigureRollup(Base):
    """The cases of a day, by one dimension at a time; `key` is empty where there is none.

    `bucket` is the class of the durations' lengths, 0 where nothing is measured
    (docs/decisions/0060).
    """

    __tablename__ = "figure_rollup"
    __table_args__ = (
        one_of("clock", "wall", "business"),
        Index(
            "figure_rollup_empty_idx",
            "workspace_id",
            postgresql_where=text("cases = 0"),
        ),
    )

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    figure: Mapped[str] = mapped_column(primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    cases: Mapped[Position]
    hits: Mapped[Position]
    seconds: Mapped[Position]


class FigureTarget(Base):
    """What a workspace wants a figure to be: cases, seconds or a share, as its unit is."""

    __tablename__ = "figure_target"

    workspace_id: Mapped[WorkspaceId] = mapped_column(ForeignKey("workspace.id"))
    figure: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
