"""For instructors: exercise files proved, and begun."""
