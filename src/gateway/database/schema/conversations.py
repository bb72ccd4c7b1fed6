"""What customers write and are answered, and the matter that it belongs to."""

from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from channels.contract import AutomaticKind
from gateway.database.schema.base import (
    Base,
    CreatedAt,
    RowId,
    Timestamp,
    WorkspaceId,
    followed,
    inside_workspace,
    one_of,
)

Refusal = Literal["too_large", "message_too_large"]
"""Why a file was not kept: it, or the files before it together with it, were too large."""


class Conversation(Base):
    """One matter of one customer. `version` grows with every change, whoever makes it.

    `due_at` is when the first of its running clocks is due, null also without an SLA policy. A
    pending one waits for the customer, or until `snoozed_until`. One that was merged is closed, and
    points to where its messages now are. `assignee_id` is who has it, is offered it or has solved
    it; `preferred_agent_id` is who gets it before others, as rules say. `preferred_skills` are
    insisted on for so many seconds of waiting; `hops` counts the moves between queues and agents
    since it was last solved. `priority_by` is the agent who has set the priority, which rules then
    leave alone until it is solved.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        one_of("status", "queued", "offered", "assigned", "pending", "solved", "closed"),
        one_of("priority", "low", "normal", "high", "urgent"),
        Index(None, "identity_id", "channel_id"),
        Index(
            "conversation_recent_idx",
            "workspace_id",
            "last_message_at",
            "id",
            postgresql_where=text("status <> 'closed'"),
        ),
        Index(
            "conversation_recently_closed_idx",
            "workspace_id",
            "last_message_at",
            "id",
            postgresql_where=text("status = 'closed'"),
        ),
        Index(
            "conversation_open_idx",
            "workspace_id",
            "queue_id",
            "last_message_at",
            "id",
            postgresql_include=["status", "assignee_id", "due_at"],
            postgresql_where=text("status IN ('queued', 'offered', 'assigned', 'pending')"),
        ),
        Index(
            "conversation_assignee_idx",
            "workspace_id",
            "assignee_id",
            "last_message_at",
            "id",
            postgresql_where=text("assignee_id IS NOT NULL AND status <> 'closed'"),
        ),
        Index(
            "conversation_assignee_closed_idx",
            "workspace_id",
            "assignee_id",
            "last_message_at",
            "id",
            postgresql_where=text("assignee_id IS NOT NULL AND status = 'closed'"),
        ),
        Index(
            "conversation_solved_idx",
            "workspace_id",
            "solved_at",
            postgresql_where=text("status = 'solved'"),
        ),
        Index(
            "conversation_closed_idx",
            "workspace_id",
            "closed_at",
            postgresql_where=text("status = 'closed'"),
        ),
        Index(
            "conversation_merged_idx",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index(
            "conversation_due_idx",
            "workspace_id",
            "due_at",
            "id",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "conversation_pending_idx",
            "workspace_id",
            "pending_since",
            postgresql_where=text("pending_since IS NOT NULL AND snoozed_until IS NULL"),
        ),
        Index(
            "conversation_snoozed_idx",
            "snoozed_until",
            postgresql_where=text("snoozed_until IS NOT NULL"),
        ),
        inside_workspace("sla_policy_id", "sla_policy"),
        inside_workspace("merged_into", "conversation", ondelete="SET NULL (merged_into)"),
        inside_workspace("assignee_id", "agent"),
        inside_workspace("preferred_agent_id", "agent"),
        inside_workspace("priority_by", "agent"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    channel_id: Mapped[UUID] = mapped_column(info=followed("channel"))
    identity_id: Mapped[UUID] = mapped_column(info=followed("identity"))
    subject: Mapped[str | None]
    status: Mapped[str]
    queue_id: Mapped[UUID] = mapped_column(info=followed("queue"))
    priority: Mapped[str]
    priority_by: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    type: Mapped[str | None]
    language: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    required_skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    preferred_skills: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    preferred_agent_id: Mapped[UUID | None]
    hops: Mapped[int] = mapped_column(server_default=text("0"))
    attributes: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    version: Mapped[int]
    message_count: Mapped[int]
    opened_at: Mapped[Timestamp]
    last_message_at: Mapped[Timestamp]
    solved_at: Mapped[Timestamp | None]
    closed_at: Mapped[Timestamp | None]
    merged_into: Mapped[UUID | None]
    sla_policy_id: Mapped[UUID | None]
    due_at: Mapped[Timestamp | None]
    pending_since: Mapped[Timestamp | None]
    snoozed_until: Mapped[Timestamp | None]


class ReadMark(Base):
    """How far each side has read a conversation: everything up to the message `seq`."""

    __tablename__ = "read_mark"
    __table_args__ = (
        one_of("side", "customer", "agent"),
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]


class ConversationLink(Base):
    """Two conversations that a message speaks of at once; they are shown together, never merged."""

    __tablename__ = "conversation_link"
    __table_args__ = (
        inside_workspace("conversation_id", "conversation", ondelete="CASCADE"),
        inside_workspace("other_id", "conversation", ondelete="CASCADE"),
        Index(None, "other_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[CreatedAt]


class Message(Base):
    """Something said. `seq` counts from 1 within the conversation, in the order of commits.

    `new_text` is `text` without quoted history and signature, null where nothing is left out.
    `reports` is what a mail says about deliveries: a list of `channels.contract.DeliveryReport`,
    without what is empty.
    """

    __tablename__ = "message"
    __table_args__ = (
        one_of("direction", "inbound", "outbound", "note"),
        one_of("automatic_kind", *get_args(AutomaticKind)),
        UniqueConstraint("conversation_id", "seq", "workspace_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    conversation_id: Mapped[UUID] = mapped_column(info=followed("conversation", cascade=True))
    seq: Mapped[int]
    direction: Mapped[str]
    channel_id: Mapped[UUID]
    identity_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    subject: Mapped[str | None]
    text: Mapped[str]
    new_text: Mapped[str | None]
    html: Mapped[str | None]
    email: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    attributes: Mapped[dict[str, str] | None] = mapped_column(JSON)
    automatic: Mapped[bool] = mapped_column(server_default=false())
    automatic_kind: Mapped[str | None]
    authentication: Mapped[dict[str, str] | None] = mapped_column(JSON)
    reports: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    sent_at: Mapped[Timestamp | None]
    created_at: Mapped[CreatedAt]


class Attachment(Base):
    """A file of a message; its bytes lie in `blob`, unless it was `refused` for its size.

    `content_type` is what the bytes show; `declared_type` what the sender said, null where that is
    the same. Without a message it is what an agent has uploaded and not said yet.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        one_of("refused", *get_args(Refusal)),
        CheckConstraint("num_nonnulls(sha256, refused) = 1", name="kept"),
        Index(None, "message_id"),
        Index(
            "attachment_upload_idx",
            "workspace_id",
            "id",
            postgresql_where=text("message_id IS NULL"),
        ),
        Index(None, "sha256"),
        inside_workspace("message_id", "message", ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    message_id: Mapped[UUID | None]
    filename: Mapped[str]
    content_type: Mapped[str]
    declared_type: Mapped[str | None]
    size: Mapped[int]
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    refused: Mapped[str | None]
    inline: Mapped[bool]
    content_id: Mapped[str | None]


class RemoteFile(Base):
    """A file of a message that its provider keeps; once fetched it is an attachment instead.

    `due_at` is when to try (again), and, while a worker has it, when its lease ends.
    """

    __tablename__ = "remote_file"
    __table_args__ = (
        one_of("state", "waiting", "failed"),
        Index(None, "message_id"),
        Index(
            "remote_file_due_idx",
            "workspace_id",
            "channel_id",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        inside_workspace("message_id", "message", ondelete="CASCADE"),
        inside_workspace("channel_id", "channel"),
    )

    workspace_id: Mapped[WorkspaceId]
    id: Mapped[RowId]
    message_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    url: Mapped[str]
    content_type: Mapped[str]
    filename: Mapped[str | None]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Timestamp]
    failure: Mapped[str | None]
    detail: Mapped[str | None]


class ThreadRef(Base):
    """Which conversation a Message-ID (RFC 5322) belongs to; also ids seen only in References.

    `message_id` is the message that bears the id, once it is here.
    """

    __tablename__ = "thread_ref"
    __table_args__ = (
        inside_workspace(
            "conversation_id",
            "conversation",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index(None, "conversation_id"),
    )

    workspace_id: Mapped[WorkspaceId]
    rfc_message_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    message_id: Mapped[UUID | None]
