"""Tests, mirroring cnnviz/render/."""
