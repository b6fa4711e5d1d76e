"""The predicted walk: its equations, its solution, and the healthy walk that everything starts from."""
