"""Exercises: from the text of a YAML file to an Exercise."""
