"""Two studies of one person side by side: what changed, and whether the change can be told from chance."""

from groundup.chain.comparison.compare import compare
from groundup.chain.comparison.curves import complete
from groundup.chain.comparison.cycle import middle_cycle
from groundup.chain.comparison.records import Change, Cluster, Compared, Comparison, CurveChange, CurveTest, Walks

__all__ = [
    "Change",
    "Cluster",
    "Compared",
    "Comparison",
    "CurveChange",
    "CurveTest",
    "Walks",
    "compare",
    "complete",
    "middle_cycle",
]
