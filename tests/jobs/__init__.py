"""Tests, mirroring cnnviz/jobs/."""
