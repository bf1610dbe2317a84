"""Many submissions in, reports out: marked exactly, completely and repeatably."""
