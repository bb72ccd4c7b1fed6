"""Rules and test cases as a YAML 1.2 file, for people, reviews and other workspaces.

Queues, agents and so on are named as people name them, since ids differ between workspaces. The
order is that in which the rules run, and each word stands on a line of its own: small changes make
small diffs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from gateway.references import Names
from gateway.rule_sets import CaseDocument, RuleDocument
from routing.facts import FIELDS, Reference
from routing.outcomes import SINGLE
from routing.problems import InvalidRule, Problem, below

WIDTH = 100
KEYS = ("rules", "cases")

REFERRING: Mapping[str, Reference] = {
    name: field.refers_to for name, field in (*FIELDS.items(), *SINGLE.items()) if field.refers_to
}
"""Fields and outcomes that are ids, with what they are ids of."""

Renaming = Callable[[Reference, str], str]


class InvalidFile(ValueError):  # noqa: N818 - what the file is, as the command line says it
    """A file cannot be read; says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: documents as the API takes them, yet to be checked."""

    rules: list[RuleDocument]
    cases: list[CaseDocument]


def written(rules: Sequence[RuleDocument], cases: Sequence[CaseDocument], names: Names) -> str:
    """The file; the same rules always give the same file.

    What is gone, or has a name that another one has too, keeps its id.
    """
    ids = _ids(names)

    def name_of(kind: Reference, id_: str) -> str:
        name = names.get(kind, {}).get(id_, id_)
        return name if len(ids[kind].get(name.casefold(), ())) == 1 else id_

    document = {
        "rules": [_renamed(rule, name_of) for rule in rules],
        "cases": [_renamed(case, name_of) for case in cases],
    }
    stream = StringIO()
    _yaml().dump(_laid_out(document), stream)
    # A blank line between rules; no text can look like their beginning, since it is indented more.
    return stream.getvalue().replace("\n  - ", "\n\n  - ").replace(":\n\n  - ", ":\n  - ")


def read(text: str, names: Names) -> Contents:
    """Read a file; queues and so on may be given by name, without regard to case, or by id.

    Raises:
        InvalidFile: it is no YAML, or not of this shape.
        InvalidRule: it names what does not exist, or what several are called; pointers lead into
            the file.
    """
    document = _loaded(text)
    ids = _ids(names)
    problems: list[Problem] = []

    def id_of(at: str) -> Renaming:
        def found(kind: Reference, name: str) -> str:
            if name in names.get(kind, {}):
                return name
            called = ids[kind].get(name.casefold(), [])
            if len(called) != 1:
                what = f"{kind.replace('_', ' ')} is called {name!r}"
                problems.append(Problem(at, f"more than one {what}" if called else f"no {what}"))
            return called[0] if called else name

        return found

    read_in = {
        key: [
            _renamed(each, id_of(below(below("", key), index)))
            for index, each in enumerate(document.get(key) or [])
        ]
        for key in KEYS
    }
    if problems:
        raise InvalidRule(problems)
    return Contents(read_in["rules"], read_in["cases"])


def _ids(names: Names) -> dict[Reference, dict[str, list[str]]]:
    """By kind and folded name the ids of what is called so."""
    found: dict[Reference, dict[str, list[str]]] = {kind: {} for kind in Reference}
    for kind, named in names.items():
        for id_, name in named.items():
            found[kind].setdefault(name.casefold(), []).append(id_)
    return found


def _loaded(text: str) -> dict[str, list[Any]]:
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise InvalidFile(f"this is no YAML: {error}") from None
    if not isinstance(document, dict) or not document.keys() <= set(KEYS):
        raise InvalidFile("the file must have `rules`, a list, and may have `cases`, another")
    if not all(isinstance(document.get(key) or [], list) for key in KEYS):
        raise InvalidFile("`rules` and `cases` must be lists")
    return document


def _renamed(document: Any, renamed: Renaming) -> Any:
    """The document with other names in every place that names something by id."""
    if isinstance(document, list):
        return [_renamed(each, renamed) for each in document]
    if not isinstance(document, dict):
        return document
    tested = document.get("field")
    if isinstance(tested, str) and tested in REFERRING and "value" in document:
        return {**document, "value": _each(document["value"], REFERRING[tested], renamed)}
    return {
        key: _each(value, REFERRING[key], renamed) if key in REFERRING else _renamed(value, renamed)
        for key, value in document.items()
    }


def _each(value: Any, kind: Reference, renamed: Renaming) -> Any:
    if isinstance(value, list):
        return [_each(each, kind, renamed) for each in value]
    return renamed(kind, value) if isinstance(value, str) else value


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _laid_out(value: Any) -> Any:
    """Tests of one value on one line, lists a line for each; everything in the order given."""
    if isinstance(value, list):
        return CommentedSeq([_laid_out(each) for each in value])
    if not isinstance(value, dict):
        return value
    laid = CommentedMap({key: _laid_out(each) for key, each in value.items()})
    if "field" in value and not isinstance(value.get("value"), list):
        laid.fa.set_flow_style()
    return laid
