"""What each figure is: its definition, what it is counted from, what acting on it means."""

from collections.abc import Mapping
from typing import Final, Literal

from channels.records import record

Kind = Literal["count", "duration", "share", "balance", "level"]
Unit = Literal["cases", "seconds", "share"]
Better = Literal["less", "more"]
FigureName = Literal[
    "received",
    "sent",
    "new",
    "solved",
    "reopened",
    "backlog",
    "redirected",
    "queue_wait",
    "first_response",
    "response",
    "handling",
    "resolution",
    "abandoned",
    "first_contact",
    "escalated",
    "within_24h",
    "uncompleted",
    "unanswered",
    "sla_first_response",
    "sla_next_response",
    "sla_resolution",
    "csat",
    "nps",
    "ces",
    "survey_response",
]


@record
class Definition:
    """A figure. `counts` names the cases that it is made of, two where they are subtracted.

    A balance is the share of cases that are one less the share of those that are the opposite.

    `better` is None where neither is: then a change is no judgement.
    """

    name: FigureName
    area: str
    title: str
    kind: Kind
    says: str
    acting: str
    better: Better | None = None
    counts: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        if self.kind == "duration":
            return "seconds"
        return "share" if self.kind in {"share", "balance"} else "cases"

    @property
    def cases(self) -> tuple[str, ...]:
        return self.counts or (self.name,)


_CLOCKS: Final[tuple[tuple[FigureName, str, str], ...]] = (
    ("sla_first_response", "SLA: first response", "first responses"),
    ("sla_next_response", "SLA: next responses", "answers after the first"),
    ("sla_resolution", "SLA: resolution", "resolutions"),
)

_ALL = (
    Definition(
        name="received",
        area="volume",
        title="Messages received",
        kind="count",
        says="Messages of customers, automatic ones included, when they came.",
        acting="Plan who works when by its hours and days.",
    ),
    Definition(
        name="sent",
        area="volume",
        title="Messages sent",
        kind="count",
        says="Answers to customers, automatic ones included, when they were given.",
        acting="Many more than were received: matters take several answers. Look at first contact"
        " resolution.",
    ),
    Definition(
        name="new",
        area="volume",
        title="New conversations",
        kind="count",
        says="Conversations opened, when they were; merged ones are not counted, since they are"
        " part of another.",
        acting="Where a type grows, ask what causes it before adding people.",
    ),
    Definition(
        name="solved",
        area="volume",
        title="Solved conversations",
        kind="count",
        says="Times that a conversation was solved.",
        acting="Fewer than new and reopened: the backlog grows.",
        better="more",
    ),
    Definition(
        name="reopened",
        area="volume",
        title="Reopened conversations",
        kind="count",
        says="Times that a solved conversation was opened again, by a message or an agent.",
        acting="Read the answers that did not hold, by type and agent.",
        better="less",
    ),
    Definition(
        name="backlog",
        area="volume",
        title="Backlog",
        kind="level",
        says="Conversations that are neither solved nor closed at the end of the period.",
        acting="If it grows for weeks, more comes in than the team can do.",
        better="less",
        counts=("open", "ended"),
    ),
    Definition(
        name="redirected",
        area="volume",
        title="Redirected",
        kind="share",
        says="Of the conversations opened in the period, those that were ever moved to another"
        " queue.",
        acting="Rules send them to the wrong queue first: see the queue that they were opened in.",
        better="less",
    ),
    Definition(
        name="queue_wait",
        area="timing",
        title="Time to a person",
        kind="duration",
        says="From when a conversation was opened to its first assignment to an agent; counted"
        " when it was assigned.",
        acting="Long at some hours: too few people then. Long always: too few people.",
        better="less",
    ),
    Definition(
        name="first_response",
        area="timing",
        title="First response time",
        kind="duration",
        says="From the first message of the customer to the first answer by an agent; automatic"
        " acknowledgements do not count. Counted when it was answered.",
        acting="Compare it with the time to a person: what lies between is the agents' work.",
        better="less",
    ),
    Definition(
        name="response",
        area="timing",
        title="Response time",
        kind="duration",
        says="From each turn of the customer, its first message if there are several, to the next"
        " answer by an agent; counted when it was answered.",
        acting="Longer than the first response: agents have too much open at once.",
        better="less",
    ),
    Definition(
        name="handling",
        area="timing",
        title="Handling time",
        kind="duration",
        says="Per conversation and agent, the time that it was assigned to the agent and neither"
        " pending nor solved; counted when that last ended.",
        acting="Long for one type: macros or articles are missing. Not a measure of persons.",
        better="less",
    ),
    Definition(
        name="resolution",
        area="timing",
        title="Time to resolution",
        kind="duration",
        says="From when a conversation was opened to when it was last solved, if it still is;"
        " counted then.",
        acting="Look at the longest ones: what did they wait for?",
        better="less",
    ),
    Definition(
        name="abandoned",
        area="timing",
        title="Abandoned",
        kind="share",
        says="Of the conversations opened in the period, those that were solved or closed for the"
        " first time before any agent had answered.",
        acting="Customers gave up or were never answered: shorten the wait.",
        better="less",
    ),
    Definition(
        name="first_contact",
        area="solutions",
        title="First contact resolution",
        kind="share",
        says="Of the conversations first solved in the period, those with one turn of answers by"
        " agents until then, and not reopened within 7 days. Of the last 7 days it may fall yet.",
        acting="Low: agents lack what they need to answer at once.",
        better="more",
    ),
    Definition(
        name="escalated",
        area="solutions",
        title="Escalated",
        kind="share",
        says="Of the conversations opened in the period, those that were ever moved from level 1"
        " to level 2.",
        acting="High for one type: teach the first level, or route it up at once.",
        better="less",
    ),
    Definition(
        name="within_24h",
        area="solutions",
        title="Resolved within 24 hours",
        kind="share",
        says="Of the conversations last solved in the period, and still solved, those that were"
        " open no longer than 24 hours from their opening.",
        acting="Low while first responses are quick: matters wait for something else.",
        better="more",
    ),
    Definition(
        name="uncompleted",
        area="solutions",
        title="Uncompleted",
        kind="share",
        says="Of the conversations opened in the period, those that were not solved at its end.",
        acting="High: the backlog grows by these.",
        better="less",
        counts=("new",),
    ),
    Definition(
        name="unanswered",
        area="timing",
        title="Unanswered",
        kind="level",
        says="Messages of customers that had waited longer than `unanswered_hours` of the workspace"
        " at the end of the period, in open conversations; counted from the first since the last"
        " answer.",
        acting="Answer these today: the list below is the work.",
        better="less",
        counts=("unanswered", "unanswered_ended"),
    ),
    *(
        Definition(
            name=name,
            area="sla",
            title=title,
            kind="share",
            says=f"Of the clocks for {what} that ended in time or were missed in the period, those"
            " that ended in time. A missed one counts when it was due, once its breach was told.",
            acting="Look at the misses by queue, hour and agent: is it people, or the rules?",
            better="more",
        )
        for name, title, what in _CLOCKS
    ),
    Definition(
        name="csat",
        area="quality",
        title="Satisfaction (CSAT)",
        kind="share",
        says="Of the answers to surveys of satisfaction given in the period, the fours and fives of"
        " five.",
        acting="Read the comments of the lowest scores before anything else.",
        better="more",
    ),
    Definition(
        name="nps",
        area="quality",
        title="Recommendation (NPS)",
        kind="balance",
        says="Of the answers to surveys of recommendation given in the period, the share of 9 and"
        " 10 less the share of 0 to 6.",
        acting="Look at its interval first: with few answers it moves by chance.",
        better="more",
        counts=("nps", "nps_against"),
    ),
    Definition(
        name="ces",
        area="quality",
        title="Ease (CES)",
        kind="share",
        says="Of the answers to surveys of ease given in the period, the fives to sevens of seven.",
        acting="Hard matters of one type: mend what makes customers write at all.",
        better="more",
    ),
    Definition(
        name="survey_response",
        area="quality",
        title="Surveys answered",
        kind="share",
        says="Of the surveys sent in the period, those that were answered.",
        acting="Low: who answers is no picture of all. Ask sooner, or less often.",
        better="more",
    ),
)

DEFINITIONS: Final[Mapping[str, Definition]] = {each.name: each for each in _ALL}
