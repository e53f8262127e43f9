"""Architectures as data: layers, shapes, costs, receptive fields. Integers only; nothing here needs NumPy."""
