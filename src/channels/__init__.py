"""Channel adapters: provider payloads to inbound messages, outbound messages to providers."""
