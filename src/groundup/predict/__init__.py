"""Gait that is computed rather than recorded."""
