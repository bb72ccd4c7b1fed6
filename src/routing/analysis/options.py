"""Rules that compare an attribute with what it cannot be."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from routing.analysis import sentences
from routing.analysis.findings import Finding, Kind
from routing.conditions import Leaf, leaves_of
from routing.operators import Op
from routing.rules import Rule

Options = Mapping[str, Collection[str]]
"""What an attribute may be, by the name of its field; of those that have a list."""


def unlisted(rules: Iterable[Rule], options: Options) -> Iterator[Finding]:
    """Find tests for values that are none of their attribute's options."""
    for rule in rules:
        for pointer, leaf in leaves_of(rule.when, "/when"):
            listed = options.get(leaf.field.name)
            if listed is not None and (values := _not_among(leaf, listed)):
                told = sentences.unlisted(rule, leaf.field.name, values, listed)
                yield Finding(Kind.UNLISTED, rule, told, (f"{pointer}/value",))


def _not_among(leaf: Leaf, listed: Collection[str]) -> list[str]:
    """Texts compare without regard to case."""
    if leaf.op not in {Op.EQUALS, Op.ONE_OF}:
        return []
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    known = {option.casefold() for option in listed}
    return [text for value in values if (text := str(value)).casefold() not in known]
