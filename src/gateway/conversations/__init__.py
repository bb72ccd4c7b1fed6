"""What agents do with conversations. Each command is one transaction and says where it went."""
