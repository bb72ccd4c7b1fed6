"""Sending what agents answered: claimed under a lease, sent outside any transaction, recorded."""
