"""Theory against another implementation of it, and against what must hold of it."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC

from gateway.staffing.erlang import Demand, Outlook, outlook

ARRIVALS = st.floats(1, 2_000)
HANDLING = st.floats(5, 1_800)
PATIENCE = st.floats(5, 3_600)
SERVERS = st.integers(1, 400)
WITHIN = st.floats(1, 1_200)


@given(ARRIVALS, HANDLING, WITHIN, st.integers(1, 60))
def test_erlang_c_is_pyworkforces(
    arrivals: float, handling: float, within: float, spare: int
) -> None:
    demand = Demand(arrivals, handling)
    servers = int(demand.load) + spare
    theirs = ErlangC(transactions=arrivals, aht=handling, asa=within, interval=3600)
    found = outlook(demand, servers, within)
    assert found.waiting == pytest.approx(theirs.waiting_probability(servers), abs=1e-9)
    assert found.answered == pytest.approx(theirs.service_level(servers), abs=1e-9)
    assert found.occupancy == pytest.approx(theirs.achieved_occupancy(servers), abs=1e-9)


@given(ARRIVALS, HANDLING, WITHIN, st.integers(2, 60))
def test_endless_patience_is_erlang_c(
    arrivals: float, handling: float, within: float, spare: int
) -> None:
    servers = int(arrivals / 3600 * handling) + spare
    without = outlook(Demand(arrivals, handling), servers, within)
    patient = outlook(Demand(arrivals, handling, 1e12), servers, within)
    assert patient.answered == pytest.approx(without.answered, abs=1e-5)
    assert patient.waiting == pytest.approx(without.waiting, abs=1e-5)
    assert patient.wait_s == pytest.approx(without.wait_s, rel=1e-4, abs=1e-5)


@given(ARRIVALS, HANDLING, PATIENCE, SERVERS)
def test_who_is_not_answered_has_given_up(
    arrivals: float, handling: float, patience: float, servers: int
) -> None:
    """What comes in is what goes out; in endless time all are answered who do not give up."""
    demand = Demand(arrivals, handling, patience)
    found = outlook(demand, servers, 1e9)
    assert found.answered == pytest.approx(1 - found.abandoned, abs=1e-9)
    assert demand.load * found.answered == pytest.approx(found.occupancy * servers, rel=1e-9)
    assert found.wait_s == pytest.approx(found.abandoned * patience, abs=1e-9)


@given(ARRIVALS, HANDLING, st.none() | PATIENCE, SERVERS, WITHIN)
def test_more_agents_and_more_time_answer_more(
    arrivals: float, handling: float, patience: float | None, servers: int, within: float
) -> None:
    demand = Demand(arrivals, handling, patience)
    found = outlook(demand, servers, within)
    more, later = outlook(demand, servers + 1, within), outlook(demand, servers, within * 2)
    assert 0 <= found.answered <= min(more.answered, later.answered) + 1e-9
    assert (inf if found.wait_s is None else found.wait_s) >= (more.wait_s or 0) - 1e-9


@pytest.mark.parametrize("patience", [None, 60.0])
def test_where_nobody_comes_nobody_waits(patience: float | None) -> None:
    found = outlook(Demand(0, 300, patience), 1, 20)
    assert found == Outlook(answered=1, waiting=0, wait_s=0, abandoned=0, occupancy=0)


def test_a_queue_that_only_grows_has_no_mean() -> None:
    assert outlook(Demand(60, 120), 2, 20).wait_s is None


def test_what_is_too_small_for_a_float_still_counts() -> None:
    """A team of thousands that is far too small: hardly anybody is answered in time."""
    found = outlook(Demand(20_000, 1_500, 14_400), 4_000, 20)
    assert found.answered < 0.001
    assert found.abandoned == pytest.approx(1 - 4_000 / (20_000 / 3600 * 1_500), rel=1e-6)
