"""The workspace's tags, and what happens to conversations when one becomes another."""
