"""How one value came about: on a terminal, as JSON, and as a card."""
