"""What moving a picture does: numbers, sentences, a chart."""
