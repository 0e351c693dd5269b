"""What a set of marks says about items and papers: vectorised functions on arrays of candidates × items."""
