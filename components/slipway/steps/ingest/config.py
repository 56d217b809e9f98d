"""What can be set for ingest."""

from dataclasses import dataclass, field
from typing import Any, Literal

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry, require_entry
from slipway.contracts.tables import ColumnType

NULL_VALUES = ("", "?", "NA", "N/A", "NaN", "null", "NULL", "None")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestConfig:
    """Where rows come from, how they are read, and how they are split.

    Attributes:
        data_uri: a path, a folder, a glob or an fsspec URI of files that a source reads, such as CSV or Parquet.
        label: the column to predict; empty when there is none, such as for rows that wait for a prediction.
        format: the source of every file, such as csv, jsonl or parquet; None takes it from the file names.
        format_settings: settings of the source, by name, those that have no name of their own here.
        delimiter: between the fields of a CSV file, one character; None is a comma, or a tab for ``.tsv``.
        encoding: of CSV files, as Python names it.
        column_names: of CSV files without a header line; empty when the first line is the header.
        null_values: texts that stand for a missing value, after white space around them is gone.
        timestamp_formats: strptime patterns that are tried after ISO 8601.
        column_types: type by column, where the one found in the data is not wanted.
        exclude_columns: columns that are not stored. They may still be the group or time column.
        max_rows: rows read of each URI, from the first on, at least 1; None reads all.
        train_fraction: share of the rows in the train split, in (0, 1). The three fractions sum to 1.
        eval_fraction: share of the rows in the eval split, in (0, 1).
        test_fraction: share of the rows in the test split, in (0, 1).
        group_column: rows that are equal here stay in one split; None splits by the whole row.
        time_column: the oldest rows become train and the newest test; None splits by hash.
        split_uris: URIs of ready-made eval or test rows; ``data_uri`` is then split among the others.
        only_split: the split that every row goes to, in the order of the files, such as test for rows that wait for a
            prediction; None splits them.
    """

    data_uri: str
    label: str = ""
    format: str | None = None
    format_settings: dict[str, Any] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str = "utf-8"
    column_names: tuple[str, ...] = ()
    null_values: tuple[str, ...] = NULL_VALUES
    timestamp_formats: tuple[str, ...] = ()
    column_types: dict[str, ColumnType] = field(default_factory=dict)
    exclude_columns: tuple[str, ...] = ()
    max_rows: int | None = None
    train_fraction: float = 0.8
    eval_fraction: float = 0.1
    test_fraction: float = 0.1
    group_column: str | None = None
    time_column: str | None = None
    split_uris: dict[Literal["eval", "test"], str] = field(default_factory=dict)
    only_split: Literal["train", "eval", "test"] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be read or split."""
        self._check_reading()
        self._check_splitting()

    def _check_reading(self) -> None:
        if not self.data_uri.strip():
            raise InputError("data_uri is empty; give a path, a glob or a URI such as s3://bucket/table.csv")
        if self.max_rows is not None and self.max_rows < 1:
            raise InputError(f"max_rows must be at least 1, got {self.max_rows}")
        if self.label and self.label in self.exclude_columns:
            raise InputError(f"the label {self.label!r} is in exclude_columns; take it out of there")
        self._check_format()

    def _check_format(self) -> None:
        parse(registry("sources").get("csv").Settings, self._csv_settings())
        doubled = sorted({"delimiter", "encoding", "column_names"} & set(self.format_settings))
        if doubled:
            raise InputError(f"{doubled[0]!r} stands beside format, not in format_settings")
        if self.format is not None:
            require_entry("sources", self.format, "format")
            parse(registry("sources").get(self.format).Settings, self.settings_of(self.format))

    def settings_of(self, source: str) -> dict[str, Any]:
        """Return the settings of a source of files, by name.

        Raises:
            InputError: a setting of CSV files is given, and the files are of another source.
        """
        if source == "csv":
            return {**self._csv_settings(), **self.format_settings}
        if given := self._csv_settings():
            raise InputError(f"{next(iter(given))} is a setting of csv files, and the files are {source}")
        return dict(self.format_settings)

    def _csv_settings(self) -> dict[str, Any]:
        """The settings that CSV files have here, as far as they are set."""
        values = {"delimiter": self.delimiter, "encoding": self.encoding, "column_names": self.column_names}
        return {name: value for name, value in values.items() if value not in (None, "utf-8", ())}

    def _check_splitting(self) -> None:
        fractions = (self.train_fraction, self.eval_fraction, self.test_fraction)
        for name, fraction in zip(("train", "eval", "test"), fractions, strict=True):
            if not 0 < fraction < 1:
                raise InputError(f"{name}_fraction must lie in (0, 1), got {fraction}")
        if abs(sum(fractions) - 1) > 1e-9:
            raise InputError(
                f"train_fraction, eval_fraction and test_fraction must sum to 1, got {' + '.join(map(str, fractions))}"
            )
        if self.group_column is not None and self.time_column is not None:
            raise InputError("group_column and time_column are both given; rows are split by one of them")
        if self.time_column is not None and self.split_uris:
            raise InputError("time_column and split_uris are both given; rows are split by one of them")
        given = {"group_column": self.group_column, "time_column": self.time_column, "split_uris": self.split_uris}
        doubled = [name for name, value in given.items() if value]
        if self.only_split and doubled:
            raise InputError(f"only_split and {doubled[0]} are both given; with the first nothing is split")
