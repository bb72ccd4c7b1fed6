"""Files of messages that their providers keep: fetched after the commit, in their own time."""
