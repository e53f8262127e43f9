"""A run through a network: a table, a sheet a layer, the flow, one unit."""
