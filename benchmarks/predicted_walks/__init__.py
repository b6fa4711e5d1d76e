"""Predicted walks against what is published, and against mechanics."""
