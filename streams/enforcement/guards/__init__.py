"""What holds a restriction back, each reason its own room. Pure: data in, data out."""
