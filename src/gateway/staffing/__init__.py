"""How many agents a team needs: queueing theory, pure."""
