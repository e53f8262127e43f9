"""Results become bytes, pictures and text here; nothing is computed and nothing is written."""
