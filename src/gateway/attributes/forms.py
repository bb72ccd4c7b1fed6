"""What forms say of defined attributes: checked, and kept where it belongs."""

from collections.abc import Mapping
from dataclasses import replace

from channels.contract import InboundMessage
from channels.errors import InvalidForm
from gateway.attributes.definitions import Definitions, Unfit
from routing.problems import below


def fitted(message: InboundMessage, definitions: Definitions) -> InboundMessage:
    """Return a form's message with its defined attributes as they are kept, by their subjects.

    What is left empty is not said, unless it is a text.

    Raises:
        InvalidForm: with every value that is none of its attribute's.
    """
    said = {**message.contact_attributes, **message.attributes}
    kept: dict[str, dict[str, str]] = {"contact": {}, "conversation": {}}
    mistakes: list[tuple[str, str]] = []
    for name in said.keys() & definitions.keys():
        definition, value = definitions[name], said[name]
        if not value and definition.type != "text":
            continue
        try:
            kept[definition.subject][name] = definition.kept(value)
        except Unfit as error:
            mistakes.append((below("", name), str(error)))
    if mistakes:
        raise InvalidForm(sorted(mistakes))
    return replace(
        message,
        attributes=_free(message.attributes, definitions) | kept["conversation"],
        contact_attributes=_free(message.contact_attributes, definitions) | kept["contact"],
    )


def _free(values: Mapping[str, str], definitions: Definitions) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in definitions}
