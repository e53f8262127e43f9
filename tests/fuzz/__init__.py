"""Mutated files and texts through the command itself; by hand: ``python -m tests.fuzz --seconds 600``."""
