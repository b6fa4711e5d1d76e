"""What is wrong with a recording as a laboratory hands it over: found, put right where that is safe, said in words.

``examine`` looks at the markers of one recording, ``examine_standing`` at a standing one beside its walk,
``examine_forces`` at the plates.
"""

from groundup.motion.marker_checks.examine import Examined, examine
from groundup.motion.marker_checks.finding import Finding
from groundup.motion.marker_checks.forces import check_weight, examine_forces
from groundup.motion.marker_checks.standing import examine_standing

__all__ = ["Examined", "Finding", "check_weight", "examine", "examine_forces", "examine_standing"]
