"""The weekly report: what team leads are told of their figures, and what of it wants attention."""
