"""Where rows come from: paths, folders, globs and URIs."""

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from s3_server import running_s3_server

from slipway.contracts.errors import DataError, InputError, TransientError
from slipway.steps.ingest.config import IngestConfig
from slipway.steps.ingest.sources import find_sources
from slipway.storage.downloads import public_address

CSV = "n,s\n" + "".join(f"{number},a{number}\n" for number in range(100))
JSONL = "".join(f'{{"n": {number}, "s": "a{number}"}}\n' for number in range(100))


@pytest.fixture
def digest(ingest, write) -> str:
    """Of the table that every test here writes in its own way."""
    return ingest(write("plain.csv", CSV)).ingested.manifest.digest


def _zstd(path: Path, content: str) -> None:
    with pa.output_stream(str(path), compression="zstd") as stream:
        stream.write(content.encode())


def test_compressed_files_are_read(tmp_path, ingest, digest):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(JSONL.encode()))
    _zstd(tmp_path / "t.csv.zst", CSV)
    _zstd(tmp_path / "t.jsonl.zst", JSONL)
    found = {name: ingest(tmp_path / name).ingested.manifest.digest for name in ("t.csv.gz", "t.jsonl.gz")}
    found |= {name: ingest(tmp_path / name).ingested.manifest.digest for name in ("t.csv.zst", "t.jsonl.zst")}
    assert set(found.values()) == {digest}


def test_a_json_file_may_hold_one_list_of_rows(ingest, write, digest):
    path = write("list.json", "[" + ",\n".join(JSONL.splitlines()) + "]")
    assert ingest(path).ingested.manifest.digest == digest


def test_the_parts_of_a_glob_are_read_in_the_order_of_their_names(ingest, write, tmp_path, digest):
    lines = CSV.splitlines(keepends=True)
    write("parts/b.csv", lines[0] + "".join(lines[51:]))
    write("parts/a.csv", lines[0] + "".join(lines[1:51]))
    output = ingest(tmp_path / "parts" / "*.csv")
    assert output.ingested.manifest.digest == digest
    assert output.ingested.files_read == 2


def test_a_folder_stands_for_its_files_without_markers(ingest, write, tmp_path, digest):
    write("table/part-0.csv", CSV)
    write("table/_SUCCESS", "")
    write("table/.part-0.csv.crc", "x")
    assert ingest(tmp_path / "table").ingested.manifest.digest == digest
    assert ingest(f"file://{tmp_path}/table").ingested.manifest.digest == digest


def test_a_folder_whose_name_begins_with_an_underscore_can_be_named(ingest, write, tmp_path, digest):
    write("_table/part-0.csv", CSV)
    assert ingest(tmp_path / "_table").ingested.manifest.digest == digest


def test_a_name_that_looks_like_a_glob_is_a_name_when_such_a_file_exists(ingest, write, digest):
    assert ingest(write("t[1].csv", CSV)).ingested.manifest.digest == digest
    assert ingest(write("t[1].jsonl", JSONL)).ingested.manifest.digest == digest


def test_the_config_says_the_format_where_the_name_does_not(ingest, write, digest):
    path = write("export.2024", CSV)
    with pytest.raises(InputError, match=r"the format of .*export\.2024 cannot be told from its name"):
        ingest(path)
    assert ingest(path, format="csv").ingested.manifest.digest == digest


def test_an_object_behind_a_uri_is_read(ingest, digest):
    with fsspec.open("memory://uris/t.csv", "w") as file:
        file.write(CSV)
    assert ingest("memory://uris/t.csv").ingested.manifest.digest == digest
    assert ingest("memory://uris/*.csv").ingested.manifest.digest == digest
    assert ingest("memory://uris").ingested.manifest.digest == digest


def test_s3_objects_are_read(ingest, digest):
    with running_s3_server() as bucket:
        for name, part in (("a", CSV[:0] + CSV), ("_SUCCESS", "")):
            with fsspec.open(f"{bucket}/table/{name}.csv" if part else f"{bucket}/table/{name}", "w") as file:
                file.write(part)
        assert ingest(f"{bucket}/table/*.csv").ingested.manifest.digest == digest
        assert ingest(f"{bucket}/table").ingested.manifest.digest == digest
        with pytest.raises(InputError, match="s3://models-bucket/nowhere.csv does not exist"):
            ingest(f"{bucket}/nowhere.csv")


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/busy"):
            self.send_error(503)
        elif self.path.startswith("/secret"):
            self.send_error(403)
        else:
            super().do_GET()

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server over ``tmp_path``."""
    handler = functools.partial(_Handler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_web_address_is_read_and_its_query_is_not_written_down(ingest, digest, server):
    output = ingest(f"{server}/plain.csv?token=abc")
    assert output.ingested.manifest.digest == digest
    assert output.folder.manifest().source == f"{server}/plain.csv"


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("nowhere.csv", InputError, "does not exist"),
        ("secret.csv", InputError, "the server answered 403"),
        ("busy.csv", TransientError, "the server answered 503"),
    ],
)
def test_what_a_web_server_refuses_is_told_without_the_query(ingest, server, path, kind, message):
    with pytest.raises(kind) as caught:
        ingest(f"{server}/{path}?token=abc")
    assert str(caught.value).startswith(f"{server}/{path}")
    assert message in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_server_that_does_not_answer_may_answer_later(ingest):
    with pytest.raises(TransientError, match=r"http://127\.0\.0\.1:9/t\.csv"):
        ingest("http://127.0.0.1:9/t.csv")


def test_an_address_is_shown_without_secrets():
    assert public_address("https://user:key@host/a/b.csv?token=1#x") == "https://host/a/b.csv"
    assert public_address("s3://bucket/a#1?.csv") == "s3://bucket/a#1?.csv"
    assert public_address("data/a.csv") == "data/a.csv"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("nowhere.csv", "nowhere.csv does not exist"),
        ("nowhere/*.csv", r"nothing to read at nowhere/\*.csv"),
        ("memory://empty/*.csv", r"nothing to read at memory://empty/\*.csv"),
        ("memory://nowhere.csv", "memory://nowhere.csv does not exist"),
        ("gopher://host/t.csv", "gopher://host/t.csv is no address that can be opened"),
        (" ", "data_uri is empty"),
    ],
)
def test_a_place_without_data_is_refused(ingest, tmp_path, monkeypatch, uri, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        ingest(uri)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_and_one_of_markers_have_nothing_to_read(ingest, tmp_path, write):
    (tmp_path / "bare").mkdir()
    write("marked/_SUCCESS", "")
    for name in ("bare", "marked"):
        with pytest.raises(InputError, match=f"nothing to read at .*{name}"):
            ingest(tmp_path / name)


def test_partitioned_folders_are_refused_since_their_columns_would_be_lost(ingest, write, tmp_path):
    write("table/year=2024/part-0.csv", CSV)
    with pytest.raises(InputError, match="year=2024/part-0.csv lies in a partitioned folder"):
        ingest(tmp_path / "table")


def test_files_of_different_formats_are_refused(ingest, write, tmp_path):
    write("mixed/a.csv", CSV)
    write("mixed/b.jsonl", JSONL)
    with pytest.raises(InputError, match=r"different formats, csv \(.*a\.csv\) and jsonl \(.*b\.jsonl\)"):
        ingest(tmp_path / "mixed")


def test_each_ready_made_split_is_read_for_itself(tmp_path, write):
    config = IngestConfig(
        data_uri=str(write("a.csv", CSV)),
        split_uris={"test": str(write("c.csv", CSV)), "eval": str(write("b.csv", CSV))},
    )
    found = find_sources(config, tmp_path / "none")
    assert [(file.path.name, splits) for file, splits in found.splits.items()] == [
        ("a.csv", ("train",)),
        ("b.csv", ("eval",)),
        ("c.csv", ("test",)),
    ]


def test_what_is_no_parquet_is_refused(ingest, write):
    with pytest.raises(DataError, match=r"t\.parquet cannot be read as Parquet"):
        ingest(write("t.parquet", CSV))


def test_a_broken_archive_is_refused(ingest, tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV.encode() * 100)[:-50])
    with pytest.raises(DataError, match=r"t\.csv\.gz"):
        ingest(tmp_path / "t.csv.gz")


def test_integers_of_one_file_and_fractions_of_another_become_double(ingest, tmp_path):
    (tmp_path / "parts").mkdir()
    pq.write_table(pa.table({"n": list(range(50))}), tmp_path / "parts" / "a.parquet")
    pq.write_table(pa.table({"n": [0.5] * 50}), tmp_path / "parts" / "b.parquet")
    assert ingest(tmp_path / "parts").types() == {"n": "double"}
