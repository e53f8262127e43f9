"""A kernel as it forms: on a terminal, as JSON, and as an animation."""
