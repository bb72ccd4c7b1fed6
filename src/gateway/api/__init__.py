"""The HTTP API under /v1: one file per noun, each with its models and its router."""
