"""Exercises: from a YAML text to an Exercise."""
