"""The commands: one module each. They parse, call and print; nothing is computed here.

A command module has ``SUMMARY`` (one line), ``EXAMPLE`` (a command to copy), ``add_arguments(parser)`` and
``execute(args) -> exit code``. Heavy modules are imported inside ``execute``, so that ``--help`` is quick.
"""
