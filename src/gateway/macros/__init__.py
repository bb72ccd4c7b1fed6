"""Canned answers: texts with variables, by language, and what is done beside them."""
