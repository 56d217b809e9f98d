"""Read a table from files or URIs and split it."""

from slipway.contracts.roles import Role
from slipway.contracts.steps import Option, Purpose, Step

ENTRY = Step(
    role=Role.LIGHT,
    position=10,
    preload=("slipway.steps.ingest.core",),
    options=(
        Option(
            flag="--data",
            help="Path, glob or URI of CSV, Parquet, JSON Lines or Avro.",
            parameter="data_uri",
            metavar="PATH|URI",
            required=True,
            submitted=True,
        ),
        Option(
            flag="--label",
            help="The column to predict.",
            parameter="label",
            metavar="COLUMN",
            required=True,
            submitted=True,
        ),
        Option(
            flag="--exclude",
            help="A column to leave out; repeatable.",
            setting="exclude_columns",
            metavar="COLUMN",
            repeatable=True,
        ),
        Option(
            flag="--group-column",
            help="Rows of one group stay in one split.",
            setting="group_column",
            metavar="COLUMN",
        ),
        Option(
            flag="--time-column",
            help="Split by time: oldest to train, newest to test.",
            setting="time_column",
            metavar="COLUMN",
        ),
    ),
    purposes={"data_uri": Purpose.ADDRESS},
    opens_addresses=True,
    account="slipway.steps.ingest.account:read_account",
    sections="slipway.steps.ingest.run_sections:sections",
)
