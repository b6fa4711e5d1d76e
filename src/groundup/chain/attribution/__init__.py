"""Which link of the chain makes a load change, and how strongly a load answers to small changes."""

from groundup.chain.attribution.attribute import attribute
from groundup.chain.attribution.between import Sharing
from groundup.chain.attribution.condition import Condition, condition_from, mirrored
from groundup.chain.attribution.interest import LoadOfInterest, joint_contact, lumbar_compression
from groundup.chain.attribution.sensitivity import sensitivities
from groundup.chain.attribution.sides import with_sides

__all__ = [
    "Condition",
    "LoadOfInterest",
    "Sharing",
    "attribute",
    "condition_from",
    "joint_contact",
    "lumbar_compression",
    "mirrored",
    "sensitivities",
    "with_sides",
]
