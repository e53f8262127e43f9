"""A picture through a network: what is read, what runs it, what is written."""
