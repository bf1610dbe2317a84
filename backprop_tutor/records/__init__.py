"""What is remembered of a student: the log of answers, what follows from it, and what to ask next."""
