"""Every error groundup raises on purpose.

::

    GroundupError            a message for the user: where, what arrived, what was expected, what to do
    ├── FileError            a file cannot be read: names file and line or element
    │   ├── UnsafeXml        entities or a document type in an XML file
    │   └── Truncated        a file ends early or holds no data
    ├── ModelError           a body that cannot be computed (open loop, unknown segment, unsupported joint)
    ├── RecordingError       markers or forces that cannot be used (no markers match, units, axes)
    │   └── TimeMismatch     motion and forces do not share a clock
    ├── SetupError           a set-up file asks for something unknown or missing
    ├── SolverError          a solver could not reach its tolerance
    ├── MeasureError         an index or measure is not defined for these values
    └── StoreError           the store of people and visits cannot be used, or refuses what it is given
"""

from __future__ import annotations


class GroundupError(Exception):
    """Base of all errors with a message written for the user. One line; the command prints it and exits with 1."""


class FileError(GroundupError):
    """A file cannot be read or written."""


class UnsafeXml(FileError):
    """An XML file holds entities or a document type."""


class Truncated(FileError):
    """A file is empty or ends early."""


class ModelError(GroundupError):
    """A body cannot be computed."""


class RecordingError(GroundupError):
    """A recording cannot be used."""


class TimeMismatch(RecordingError):
    """Two recordings do not share a clock."""


class SetupError(GroundupError):
    """A set-up file or an option asks for something unknown or missing."""


class SolverError(GroundupError):
    """A solver could not reach its tolerance."""


class MeasureError(GroundupError):
    """An index or measure is not defined for these values."""


class StoreError(GroundupError):
    """The store of people and visits cannot be used, or refuses what it is given."""
