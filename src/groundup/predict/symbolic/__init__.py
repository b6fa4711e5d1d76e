"""A body as expressions: what ``groundup.engine`` computes with arrays, written for exact sparse derivatives."""
