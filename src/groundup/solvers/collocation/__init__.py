"""Optimal control by direct collocation: a problem, a mesh and a scheme become a sparse non-linear program for IPOPT."""
