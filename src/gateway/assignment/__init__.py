"""Who gets a conversation: pools of queues, capacity, presence, offers."""
