"""Feature maps of your own picture, from a shell: exactly PyTorch's numbers, without a framework."""

__version__ = "0.1.0"
