"""Everything with input and output: doors, ingest, conversations, delivery, feed, API."""
