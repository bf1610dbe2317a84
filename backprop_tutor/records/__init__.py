"""What is remembered about a student: the log of answers, what follows from it, and what to ask next."""
