"""Tests, mirroring cnnviz/files/."""
