"""For instructors: exercise files proved and begun, and circuits made on demand."""
