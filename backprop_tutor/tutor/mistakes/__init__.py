"""The causes of wrong answers: every mistake in one table, and which of them an answer matches."""
