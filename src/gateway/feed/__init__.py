"""The agents feed: the log with its positions, and everything that reads it."""
