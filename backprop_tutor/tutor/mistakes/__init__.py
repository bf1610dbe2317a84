"""What a wrong answer may come from: every mistake in one table, and which of them an answer matches."""
