"""Analyse the built-in walk and read numbers and curves from the study.

Run: python examples/demo_walk.py
"""

from groundup.pipeline import demo

study = demo()
for number in study.headline:
    print(f"{number.label:45s} {number.side:6s} {number.value:6.2f} {number.unit}")

compression = next(c for c in study.curves if c.id == "lumbar.l5_s1_compression" and c.cycle_side == "right")
peak = compression.mean.argmax()
print(f"Over the right cycle the low back is loaded most at {compression.percent[peak]:.0f} %.")
