"""Figures of the service: counted from the log of events, kept per day, read in any period."""
