"""What is remembered: every answer in a log, and from the log alone mastery, the review schedule and where to go on."""
