"""OpenSim's tools, run from their own set-up files: same inputs, same files, names, columns and rows.

One module per tool; each reads everything, computes everything and returns the files to be written. ``run.py`` writes
them: all or none.
"""
