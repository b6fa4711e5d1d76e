"""Study to page: renders, never calculates."""

from groundup.report.html import render_report, write_report

__all__ = ["render_report", "write_report"]
