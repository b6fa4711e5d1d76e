"""From an examination to hypotheses and a plan: an honest second reader, never a diagnosis."""
