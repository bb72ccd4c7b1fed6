"""Days that are played through before staffing or rules are changed."""
