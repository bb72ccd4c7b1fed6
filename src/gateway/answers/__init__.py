"""Automatic first answers: to whom, with what, how often, and when somebody will look."""
