"""What a chat's visitor can have by mail: an address that they leave, and what was said."""

from uuid import UUID

from sqlalchemy import func, select

from channels.text import one_line
from gateway.configuration import Configuration
from gateway.conversations.change import Change
from gateway.conversations.messages import add_remark, mail_aside
from gateway.database.schema import Agent, Message
from gateway.problems import Problem, conflict

LEFT = "visitor_email"
MOST_TRANSCRIPTS = 3
MOST_MESSAGES = 500


async def leave_email(change: Change, address: str) -> None:
    """Keep where a visitor can be reached: agents see it as a note. Not proven to be theirs."""
    if await left_email(change) != address:
        add_remark(
            change, f"The visitor can be reached at {address} (not proven).", {LEFT: address}
        )


async def left_email(change: Change) -> str | None:
    statement = (
        select(Message.attributes[LEFT].as_string())
        .where(
            Message.workspace_id == change.row.workspace_id,
            Message.conversation_id == change.row.id,
            Message.direction == "note",
            Message.attributes[LEFT].as_string().is_not(None),
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )
    address: str | None = await change.session.scalar(statement)
    return address


async def mail_transcript(
    change: Change, configuration: Configuration, address: str | None
) -> UUID:
    """Send what was said so far to an address, else to the one that was left.

    Raises:
        Problem: 409 if there is no address, no mail channel, or enough was sent.
    """
    address = address or await left_email(change)
    if address is None:
        raise conflict("no address was left: give one with the request")
    if await _sent_so_far(change) >= MOST_TRANSCRIPTS:
        raise conflict(f"at most {MOST_TRANSCRIPTS} transcripts of one conversation")
    channel = configuration.channel(change.row.workspace_id, change.row.channel_id)
    subject = one_line(channel.name if channel else "Chat", 200)
    return await mail_aside(
        change, configuration, address, subject=subject, text=await _transcript(change)
    )


async def mail_at_the_end(change: Change, configuration: Configuration) -> None:
    """When a matter is solved: whoever left an address gets what was said there."""
    channel = configuration.channel(change.row.workspace_id, change.row.channel_id)
    if channel is None or channel.config.kind != "chat" or await left_email(change) is None:
        return
    try:
        await mail_transcript(change, configuration, None)
    except Problem as problem:
        add_remark(change, f"No transcript was sent: {problem.detail}.", {})


async def _sent_so_far(change: Change) -> int:
    statement = select(func.count()).where(
        Message.workspace_id == change.row.workspace_id,
        Message.conversation_id == change.row.id,
        Message.direction == "note",
        Message.email["message_id"].as_string().is_not(None),
    )
    return await change.session.scalar(statement) or 0


async def _transcript(change: Change) -> str:
    """The newest messages of both sides, oldest first, without the agents' notes."""
    statement = (
        select(Message.direction, Message.text, Message.created_at, Agent.name)
        .outerjoin(
            Agent, (Agent.workspace_id == Message.workspace_id) & (Agent.id == Message.agent_id)
        )
        .where(
            Message.workspace_id == change.row.workspace_id,
            Message.conversation_id == change.row.id,
            Message.direction != "note",
        )
        .order_by(Message.seq.desc())
        .limit(MOST_MESSAGES)
    )
    rows = reversed((await change.session.execute(statement)).all())
    return "\n\n".join(
        f"{row.name or '-'}  {row.created_at:%Y-%m-%d %H:%M} UTC\n{row.text}"
        if row.direction == "outbound"
        else f">  {row.created_at:%Y-%m-%d %H:%M} UTC\n{row.text}"
        for row in rows
    )
