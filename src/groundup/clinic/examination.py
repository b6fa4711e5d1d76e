"""The examination record for those who judge it: the nouns of :mod:`groundup.examination`, which files rest on too."""

from groundup.examination import SIDES, Examination, Field, Items, Kind, Value, fields, sections

__all__ = ["SIDES", "Examination", "Field", "Items", "Kind", "Value", "fields", "sections"]
