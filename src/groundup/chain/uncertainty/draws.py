"""Random numbers by sample and cause: the same seed, sample and cause always give the same ones."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.uncertainty.options import CAUSES

_ORDER = tuple(CAUSES)


def generator(seed: int, sample: int, cause: str) -> np.random.Generator:
    """The random numbers of one cause in one sample."""
    return np.random.default_rng((seed, sample, _ORDER.index(cause)))


def even(seed: int, cause: str, samples: int, count: int) -> Floats:
    """Numbers between 0 and 1, (samples, count), each column spread evenly: one in each of ``samples`` strata.

    References
    ----------
    .. [1] McKay, Beckman, Conover, 1979, doi:10.2307/1268522 (Latin hypercube)
    """
    random = np.random.default_rng((seed, len(_ORDER), _ORDER.index(cause)))
    order = random.permuted(np.tile(np.arange(samples), (count, 1)), axis=1).T
    return np.asarray((order + random.random((samples, count))) / samples)


def normal(evenly: Floats) -> Floats:
    """Standard normal numbers from even ones, same shape."""
    back = np.vectorize(NormalDist().inv_cdf, otypes=[float])
    return np.asarray(back(np.clip(evenly, 1e-6, 1 - 1e-6))) if evenly.size else evenly
