"""For instructors: files proved, scaffolded and generated."""
