"""A day of a team before it happens: arrivals through the real matcher, by a virtual clock."""

from routing.simulation.floor import simulate
from routing.simulation.ledger import Ledger, Stay
from routing.simulation.model import Arrival, Plan, Shift, Worker
from routing.simulation.report import Report, report

__all__ = ["Arrival", "Ledger", "Plan", "Report", "Shift", "Stay", "Worker", "report", "simulate"]
