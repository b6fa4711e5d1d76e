"""Two studies of one person side by side: what changed, and whether the change can be told from chance."""

from groundup.chain.comparison.compare import compare
from groundup.chain.comparison.curves import complete
from groundup.chain.comparison.records import Change, Cluster, Compared, Comparison, CurveChange, CurveTest

__all__ = ["Change", "Cluster", "Compared", "Comparison", "CurveChange", "CurveTest", "compare", "complete"]
