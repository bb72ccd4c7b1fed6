"""Surveys: asks customers how they were served, once their matter is solved."""
