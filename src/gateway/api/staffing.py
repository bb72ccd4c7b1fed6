"""How many agents a wanted service takes: a calculation, nothing is read or stored."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.api.callers import SupervisorCaller
from gateway.api.problems import documented
from gateway.staffing.erlang import Demand, Outlook
from gateway.staffing.needs import Aim, Needs, needs

router = APIRouter(prefix="/v1/staffing", tags=["staffing"], responses=documented(401, 403, 422))

MOST_LOAD: Final = 10_000
"""Agents that are busy all the time: beyond that, nobody plans a single queue."""


class NeedsIn(BaseModel):
    """What comes in an hour, and what service is wanted of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"arrivals": 120, "handling_s": 300, "share": 0.8, "within_s": 20},
                {
                    "arrivals": 120,
                    "handling_s": 300,
                    "patience_s": 180,
                    "share": 0.9,
                    "within_s": 60,
                    "concurrency": 3,
                    "shrinkage": 0.3,
                },
            ]
        },
    )

    arrivals: Annotated[float, Field(ge=0, le=20_000, description="Conversations an hour")]
    handling_s: Annotated[
        float,
        Field(ge=1, le=86_400, description="Mean seconds of work that one takes, wrap-up too"),
    ]
    patience_s: Annotated[
        float | None,
        Field(ge=1, le=14_400, description="Mean seconds until who waits gives up; null: never"),
    ] = None
    share: Annotated[float, Field(gt=0, le=0.9999, description="Share to answer in time, of all")]
    within_s: Annotated[float, Field(ge=1, le=86_400, description="In time: seconds of waiting")]
    occupancy: Annotated[
        float, Field(ge=0.1, le=1, description="Agents are to be busy no more than this share")
    ] = 1.0
    concurrency: Annotated[
        int, Field(ge=1, le=20, description="Conversations of an agent at once (chat)")
    ] = 1
    shrinkage: Annotated[
        float, Field(ge=0, le=0.9, description="Share of paid time that is no work: breaks and so")
    ] = 0.0

    @model_validator(mode="after")
    def _is_planned_in_one(self) -> "NeedsIn":
        if self.demand.load > MOST_LOAD:
            raise ValueError(
                f"arrivals and handling_s keep {self.demand.load:,.0f} agents busy all the time;"
                f" at most {MOST_LOAD:,}: plan by smaller parts"
            )
        return self

    @property
    def demand(self) -> Demand:
        return Demand(self.arrivals, self.handling_s, self.patience_s)

    @property
    def aim(self) -> Aim:
        return Aim(self.share, self.within_s, self.occupancy, self.concurrency, self.shrinkage)


class OutlookOut(BaseModel):
    """What so many agents lead to; shares are of all who come."""

    agents: int
    answered: Annotated[float, Field(description="Share answered in time")]
    waiting: Annotated[float, Field(description="Share that waits at all")]
    wait_s: Annotated[
        float | None,
        Field(description="Mean wait of all in seconds; null: the queue only grows"),
    ]
    abandoned: Annotated[float, Field(description="Share that gives up")]
    occupancy: Annotated[float, Field(description="Share of time that agents are busy")]


class NeedsOut(BaseModel):
    """`agents` at work at once, `rostered` to have them; `around` what a few others lead to."""

    load: Annotated[float, Field(description="Conversations in work at once, on average (erlangs)")]
    agents: int
    rostered: int
    around: list[OutlookOut]


@router.post("/needed")
async def agents_needed(caller: SupervisorCaller, body: NeedsIn) -> NeedsOut:  # noqa: ARG001
    """Tell how many agents answer a share of what comes in time.

    Erlang C; with patience, Erlang A. Both take arrivals as random and steady within the hour.
    """
    found = await asyncio.to_thread(needs, body.demand, body.aim)
    return told(body.demand, found)


def told(demand: Demand, found: Needs) -> NeedsOut:
    return NeedsOut(
        load=demand.load,
        agents=found.agents,
        rostered=found.rostered,
        around=[_row(agents, outlook) for agents, outlook in found.around.items()],
    )


def _row(agents: int, outlook: Outlook) -> OutlookOut:
    return OutlookOut(
        agents=agents,
        answered=outlook.answered,
        waiting=outlook.waiting,
        wait_s=outlook.wait_s,
        abandoned=outlook.abandoned,
        occupancy=outlook.occupancy,
    )
