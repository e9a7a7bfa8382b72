"""Every figure of the course: arrays in, Axes out. One module a topic."""
