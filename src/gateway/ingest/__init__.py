"""From a provider's payload to a stored, routed message: one writer, one transaction a batch.

`door` verifies and parses, `writer` gathers what waits, `batch` stores it: receipts, identities,
threads, conversations, decisions, rows and events, in that order.
"""
