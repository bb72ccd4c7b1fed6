"""What is told without a position, and never again: who is typing."""

from typing import Literal
from uuid import UUID

from channels.records import record


@record
class Typing:
    """Somebody writes in a conversation, or has stopped. Queue and assignee are as they were."""

    workspace_id: int
    conversation_id: UUID
    by: Literal["customer", "agent"]
    on: bool
    name: str | None = None
    queue_id: UUID | None = None
    assignee_id: UUID | None = None
