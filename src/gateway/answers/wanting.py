"""Which messages of a batch are to be acknowledged, with which macro, and over what. Pure."""

from uuid import UUID

from channels.records import record
from gateway.answers.eligibility import Refusal, refusal_of
from gateway.configuration import Configuration, ConfiguredChannel, WorkspaceConfiguration
from gateway.conversations.outgoing import Destination, mail_channel, reached
from gateway.ingest.placing import Placed
from gateway.languages import detect
from gateway.macros.texts import MacroTexts

ACKNOWLEDGEMENT = "acknowledgement"
OFF = "off"
"""As a channel's setting: not even the workspace's."""


@record
class Wanted:
    """A message that asks for an acknowledgement, which nothing in it forbids."""

    placed: Placed
    workspace: WorkspaceConfiguration
    macro_id: UUID
    macro: MacroTexts
    destination: Destination


@record
class Declined:
    """A message that is not acknowledged, and why."""

    placed: Placed
    macro_id: UUID
    reason: Refusal


def wanted_of(placed: Placed, configuration: Configuration) -> Wanted | Declined | None:
    """None where nobody has set that such a message is acknowledged."""
    submission = placed.arrival.submission
    workspace = configuration.workspace(submission.workspace_id)
    macro_id = macro_for(placed, workspace)
    macro = workspace.macros.get(macro_id) if macro_id else None
    if macro_id is None or macro is None:
        return None
    if reason := refusal_of(submission.inbound):
        return Declined(placed, macro_id, reason)
    if is_ours(submission.inbound.sender.address, configuration):
        return Declined(placed, macro_id, "ourselves")
    destination = destination_of(placed, workspace)
    if destination is None:
        return Declined(placed, macro_id, "no_channel")
    return Wanted(placed, workspace, macro_id, macro, destination)


def macro_for(placed: Placed, workspace: WorkspaceConfiguration) -> UUID | None:
    """A first message's macro: the one that rules chose, the channel's own, the workspace's."""
    if not placed.opens:
        return None
    return placed.ruling.acknowledge or default_macro(placed.arrival.submission.channel, workspace)


def default_macro(channel: ConfiguredChannel, workspace: WorkspaceConfiguration) -> UUID | None:
    own = channel.config.settings.get(ACKNOWLEDGEMENT)
    if own is None:
        return workspace.acknowledgement
    return None if own == OFF else UUID(own)


def is_ours(address: str, configuration: Configuration) -> bool:
    """Whether a mailbox of this installation wrote: it would answer itself."""
    return configuration.channel_by_mail_address(address) is not None


def destination_of(placed: Placed, workspace: WorkspaceConfiguration) -> Destination | None:
    """Where the answer goes: to the address that wrote, never to another that it names.

    RFC 3834 section 4 warns of `Reply-To`, and the limit counts who is answered.
    """
    submission = placed.arrival.submission
    channel: ConfiguredChannel | None = submission.channel
    if submission.channel.config.kind == "web_form":
        channel = mail_channel(workspace, submission.channel)
    if channel is None:
        return None
    address = reached(submission.inbound.sender.address, submission.inbound.attributes)
    return Destination(channel, address)


def language_of(wanted: Wanted) -> str | None:
    """The conversation's language, found out where the macro speaks several."""
    known = wanted.placed.ruling.language or wanted.placed.state.language
    if known is not None or len(wanted.macro.words) == 1:
        return known
    inbound = wanted.placed.arrival.submission.inbound
    return detect(inbound.text if inbound.new_text is None else inbound.new_text)
