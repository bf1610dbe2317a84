"""Many submissions, marked, and the reports that course systems take."""
