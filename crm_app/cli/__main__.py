"""``python -m crm_app.cli``: the same as ``mindfulcrm``."""

from crm_app.cli import main

main(prog_name="mindfulcrm")
