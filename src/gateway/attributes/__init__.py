"""Attributes of contacts and conversations that a workspace has defined, each with its type."""
