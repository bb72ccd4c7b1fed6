"""What the texts of macros may name: a closed set, each with its meaning."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "agent.name": "who answers; unknown where nobody does",
        "channel.address": "the address that the customer wrote to; unknown for forms and chats",
        "channel.name": "the channel that the customer wrote to",
        "contact.name": "what the customer is called",
        "conversation.id": "the id of the conversation, for the customer to refer to",
        "conversation.subject": "its subject; unknown where the channel has none",
        "expectation": "a sentence that says when somebody will look, as far as it is known",
        "expected_wait": "what most waits in the queue keep to, while the team is there",
        "opens_at": "when the team opens again, while it is closed",
        "queue.name": "the queue that it is in",
        "workspace.name": "the workspace",
    }
)

KNOWN: Final = frozenset(VARIABLES)

LONGEST_VALUE: Final = 200
"""Characters: longer values are cut."""
