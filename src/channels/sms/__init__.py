"""Text messages and WhatsApp, one module per provider."""
