"""How an answer is read and marked, and what follows from it."""
