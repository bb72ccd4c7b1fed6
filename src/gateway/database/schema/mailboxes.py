"""Mailboxes that are polled, and how far each of their folders has been read."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import (
    Base,
    Position,
    Timestamp,
    WorkspaceId,
    inside_workspace,
)


class Mailbox(Base):
    """How the polling of a channel goes.

    `due_at` is when to poll again, and, while a worker has it as `holder`, when its lease ends.
    `failures` counts those since the last poll that went through, at `polled_at`; `failure` and
    `detail` tell of the last one.
    """

    __tablename__ = "mailbox"
    __table_args__ = (inside_workspace("channel_id", "channel"),)

    workspace_id: Mapped[WorkspaceId]
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[Timestamp]
    holder: Mapped[UUID | None]
    polled_at: Mapped[Timestamp | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failure: Mapped[str | None]
    detail: Mapped[str | None]


class MailboxFolder(Base):
    """The bookmark of a folder: mail up to `last_uid` is stored, as long as `uid_validity` holds.

    Where the server numbers anew, mail up to `reread_to` is read once more, but not what arrived
    before `since`. `tries` counts how often the mail `tried_uid` could not be fetched.
    """

    __tablename__ = "mailbox_folder"
    __table_args__ = (inside_workspace("channel_id", "channel"),)

    workspace_id: Mapped[WorkspaceId]
    channel_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    uid_validity: Mapped[Position]
    last_uid: Mapped[Position]
    reread_to: Mapped[Position] = mapped_column(server_default=text("0"))
    since: Mapped[Timestamp | None]
    tried_uid: Mapped[Position | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
