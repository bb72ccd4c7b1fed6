"""The doors: one per transport. Each hands a payload to the intake and answers in its own tongue."""
