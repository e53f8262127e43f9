"""Kernels to be read and to be looked at."""
