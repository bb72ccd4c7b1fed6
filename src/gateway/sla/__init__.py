"""SLA policies and clocks as they are kept, and what makes them run."""
