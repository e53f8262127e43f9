"""Tests of the command line, end to end: real files in, real files out."""
