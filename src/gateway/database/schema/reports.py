"""Reports that are mailed."""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database.schema.base import Base, Timestamp, WorkspaceId, inside_workspace


class ReportMail(Base):
    """The report of the week from `monday` on, to one agent; sent under a claim, `tries` times."""

    __tablename__ = "report_mail"
    __table_args__ = (inside_workspace("agent_id", "agent"),)

    workspace_id: Mapped[WorkspaceId]
    monday: Mapped[date] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(primary_key=True)
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    claimed_at: Mapped[Timestamp | None]
    sent_at: Mapped[Timestamp | None]
