"""What every report needs, imported and with its templates compiled, for a process that is forked for each report."""

import pygal  # noqa: F401

import slipway.reporting.charts  # noqa: F401
from slipway.reporting.page import compile_templates

compile_templates()
