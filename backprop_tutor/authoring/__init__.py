"""For instructors: verifying and starting exercise files, and generating circuits."""
