"""A sweep: its frames, and what is said of it."""
