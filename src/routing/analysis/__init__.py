"""What can be proved about a rule set before it is published, and messages that show it."""

from routing.analysis.findings import Analysis, Finding, Kind, Severity
from routing.analysis.options import Options, unlisted
from routing.analysis.staffing import Staff, unstaffed
from routing.analysis.survey import analyse

__all__ = [
    "Analysis",
    "Finding",
    "Kind",
    "Options",
    "Severity",
    "Staff",
    "analyse",
    "unlisted",
    "unstaffed",
]
