"""Any laboratory's recording on groundup's own body: what was promised, what is measured.

Run: make validation-labs (or python -m benchmarks.laboratories)
"""
