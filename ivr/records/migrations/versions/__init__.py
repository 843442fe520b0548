"""One file for each step. Steps lead forward only, and one that has been released is never changed."""
