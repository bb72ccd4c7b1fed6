"""The fewest agents for a wanted service."""

from hypothesis import given
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC

from gateway.staffing.erlang import Demand, outlook
from gateway.staffing.needs import Aim, needs


@given(st.floats(1, 2_000), st.floats(5, 1_800), st.floats(0.5, 0.99), st.floats(0.5, 0.95))
def test_needs_are_pyworkforces(
    arrivals: float, handling: float, share: float, occupancy: float
) -> None:
    theirs = ErlangC(transactions=arrivals, aht=handling, asa=20, interval=3600)
    expected = theirs.required_positions(service_level=share, max_occupancy=occupancy)
    demand = Demand(arrivals, handling)
    found = needs(demand, Aim(share, 20, occupancy))
    # Theirs looks from here on, which may be one more than is enough.
    assert max(found.agents, round(demand.load + 1)) == expected["raw_positions"]


@given(
    st.floats(0, 2_000),
    st.floats(5, 1_800),
    st.none() | st.floats(5, 3_600),
    st.floats(0.1, 0.99),
    st.integers(1, 6),
)
def test_one_fewer_would_not_do(
    arrivals: float, handling: float, patience: float | None, share: float, concurrency: int
) -> None:
    demand, aim = Demand(arrivals, handling, patience), Aim(share, 30, concurrency=concurrency)
    found = needs(demand, aim)
    assert aim.is_met(found.around[found.agents])
    assert found.agents == 1 or not aim.is_met(found.around[found.agents - 1])
    assert found.around[found.agents] == outlook(demand, found.agents * concurrency, 30)


def test_patience_that_ends_needs_fewer() -> None:
    patient, others = Demand(200, 180), Demand(200, 180, 60)
    aim = Aim(0.8, 20)
    assert needs(others, aim).agents < needs(patient, aim).agents


def test_who_is_on_a_break_is_rostered_besides() -> None:
    found = needs(Demand(200, 180), Aim(0.8, 20, shrinkage=0.3))
    assert (found.agents, found.rostered) == (14, 20)
    assert needs(Demand(200, 180), Aim(0.8, 20)).rostered == 14
