"""Tests, mirroring cnnviz/kernels/."""
