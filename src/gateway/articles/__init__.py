"""Answers that need no agent: articles, how they are found, and whether they help."""
