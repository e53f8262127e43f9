"""Side by side, in one run: the parts that were chosen by measurement, and what they were chosen over."""
