"""The doors, one per transport: each hands payloads to the intake and answers in its own tongue."""
