"""Optimal control by direct collocation: problem, mesh and scheme become a sparse non-linear program for IPOPT."""
