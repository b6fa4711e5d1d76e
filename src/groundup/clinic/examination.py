"""The examination record for those who judge it: the nouns of :mod:`groundup.examination`, which files rest on too."""

from groundup.examination import SIDES as SIDES
from groundup.examination import Examination as Examination
from groundup.examination import Field as Field
from groundup.examination import Items as Items
from groundup.examination import Kind as Kind
from groundup.examination import Value as Value
from groundup.examination import fields as fields
from groundup.examination import sections as sections
