"""``python -m groundup`` is the command ``groundup``."""

from groundup.cli.main import main

raise SystemExit(main())
