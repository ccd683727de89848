"""Irregular files: how they are read, or which clear error they are; and outputs that are whole or not there.

What is irregular inside a record is in test_irregular_input.py.
"""

import codecs
import gzip
import io
import json
import os
import random
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.conftest import Input, parsed, run, study, written

from trialgraph.errors import TrialgraphError
from trialgraph.readers import Item, ctgov, sources
from trialgraph.resources import folder
from trialgraph.spool import Spool

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ONE = json.dumps(study("NCT00000001", statusModule={"whyStopped": "café"}), ensure_ascii=False)
TWO = json.dumps(study("NCT00000002"))
BOTH = ["trial/NCT00000001", "trial/NCT00000002"]
PAGES = [path.read_text() for path in sorted(folder("samples").glob("*.txt"))]


def zipped(*members: tuple[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return stream.getvalue()


def build(tmp_path: Path, *inputs: Input, flags: tuple[str, ...] = (), stdin: bytes | None = None) -> Result:
    return run("build", *written(tmp_path, inputs), "-o", tmp_path / "out.nt", *flags, stdin=stdin)


def trials(tmp_path: Path) -> list[str]:
    return parsed((tmp_path / "out.nt").read_bytes()).things("tg:Trial")


# Encodings, layouts and compressions that are read.

FORMS: dict[str, bytes] = {
    "NDJSON": f"{ONE}\n{TWO}\n".encode(),
    "NDJSON without a last line end": f"{ONE}\n{TWO}".encode(),
    "NDJSON with blank lines": f"\n\n{ONE}\n \n\n{TWO}\n\n".encode(),
    "NDJSON with CRLF": f"{ONE}\r\n{TWO}\r\n".encode(),
    "an array": f"[{ONE},{TWO}]".encode(),
    "an array over lines": f"[\n{ONE}\n,\n{TWO}\n]\n".encode(),
    "an array a line": f"[{ONE}]\n[{TWO}]\n".encode(),
    "a page of the API": f'{{"totalCount": 2, "studies": [{ONE},{TWO}], "nextPageToken": "x"}}'.encode(),
    "a page of the API over lines": json.dumps({"studies": [json.loads(ONE), json.loads(TWO)]}, indent=2).encode(),
    "a page of the API with a comma first": f'{{"studies": [{ONE}\n, {TWO}]}}'.encode(),
    "pages, one a line": f'{{"studies": [{ONE}]}}\n{{"studies": [{TWO}]}}'.encode(),
    "an array with CRLF": f"[\r\n{ONE},\r\n{TWO}\r\n]".encode(),
    "a byte order mark": codecs.BOM_UTF8 + f"[{ONE},{TWO}]".encode(),
    "UTF-16, little end first": codecs.BOM_UTF16_LE + f"{ONE}\r\n{TWO}".encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + f"[{ONE},{TWO}]".encode("utf-16-be"),
    "30 kB of blanks before": b" " * 30_000 + f"[{ONE},{TWO}]".encode(),
    "gzip": gzip.compress(f"[{ONE},{TWO}]".encode()),
    "gzip, joined": gzip.compress(b"[") + gzip.compress(f"{ONE},{TWO}]".encode()),
    "gzip of UTF-16": gzip.compress(f"[{ONE},{TWO}]".encode("utf-16")),
    "Zstandard": zstd.compress(f"[{ONE},{TWO}]".encode()),
    "Zstandard, joined": zstd.compress(f"{ONE}\n".encode()) + zstd.compress(TWO.encode()),
    "zip": zipped(("b/x.json", TWO), ("a", ONE)),
    "zip, stored": zipped(("b/x.json", TWO), ("a", ONE), method=zipfile.ZIP_STORED),
    "zip with an array": zipped(("x", f"[{ONE},{TWO}]")),
    "a lone surrogate in one of a page": f'{{"studies": [{ONE},{TWO}], "x": "\\ud800"}}'.encode(),
    "a lone surrogate in one of an array": f'[{ONE},{TWO}, "\\udc00"]'.encode(),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("way", ["file", "standard input"])
def test_every_form_of_json_is_told_by_its_content(tmp_path: Path, data: bytes, way: str) -> None:
    result = build(tmp_path, data) if way == "file" else run("build", "-", "-o", tmp_path / "out.nt", stdin=data)
    assert result.exit_code == 0, result.stderr
    assert trials(tmp_path) == BOTH
    assert '"café"' in parsed((tmp_path / "out.nt").read_bytes()).objects("tg:whyStopped")


def test_gzip_inside_a_zip_is_read_too(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.json.gz", gzip.compress(ONE.encode()))
    assert build(tmp_path, stream.getvalue()).exit_code == 0
    assert trials(tmp_path) == BOTH[:1]


def test_a_pipe_that_gives_a_byte_at_a_time_is_read(tmp_path: Path) -> None:
    data = gzip.compress(f"{ONE}\n{TWO}".encode())
    code = "main(['build', '-', '-q', '-o', sys.argv[1]])"
    with started(code, tmp_path / "out.nt", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for byte in data:
            process.stdin.write(bytes([byte]))
            process.stdin.flush()
        process.stdin.close()
        assert process.wait(30) == 0
    assert trials(tmp_path) == BOTH


def started(code: str, *arguments: str | Path, **streams: Any) -> subprocess.Popen[bytes]:
    """A Python process of its own, with the package at hand."""
    code = f"import sys; from trialgraph.cli import main; {code}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, **streams)


@pytest.mark.parametrize("data", [TWO.encode(), gzip.compress(TWO.encode()), zipped(("x", TWO))])
def test_a_named_pipe_is_read(tmp_path: Path, data: bytes) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    result = build(tmp_path, pipe)
    writer.join()
    assert result.exit_code == 0, result.stderr
    assert trials(tmp_path) == BOTH[1:]


# Sources that cannot be read: exit 3, the reason, and nothing written.

TRUNCATED_ZIP = zipped(("a", ONE), ("b", TWO))[:-30]
DAMAGED_ZIP = zipped(("a", "{" + " " * 300 + ONE[1:]), method=zipfile.ZIP_STORED).replace(
    b"NCT00000001", b"NCT0000000X"
)
BOMB = zipped(("a", ONE), ("zeros.json", " " * 50_000_000))
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "only blanks": (b" \n\t\n", "empty"),
    "Latin-1": (ONE.encode("latin-1"), "not UTF-8 at byte "),
    "a Latin-1 page": (PAGES[0].replace("e", "é").encode("latin-1", "replace"), "not UTF-8 at byte "),
    "truncated JSON": (TWO[:-20].encode(), "line 1 column "),
    "truncated JSON over lines": (json.dumps(study(), indent=1)[:-20].encode(), "line 2"),
    "trailing characters": (f"{TWO} x".encode(), "Extra data: line 1 column"),
    "a cut UTF-16 pair": (codecs.BOM_UTF16_LE + ONE.encode("utf-16-le")[:-1], "not UTF-16 at byte"),
    "truncated gzip": (gzip.compress(ONE.encode())[:-20], "cannot be read beyond byte "),
    "a bad checksum in gzip": (gzip.compress(ONE.encode())[:-8] + b"\0" * 8, f"beyond byte {len(ONE.encode()):,}: CRC"),
    "truncated Zstandard": (zstd.compress(ONE.encode())[:-20], "cannot be read beyond byte "),
    "truncated zip": (TRUNCATED_ZIP, "a zip archive that is cut off or damaged"),
    "a bad checksum in zip": (DAMAGED_ZIP, "input-0/a: cannot be read beyond byte "),
    "an empty zip": (zipped(), "the archive holds no file"),
    "a zip of an empty folder": (zipped(("x/", "")), "the archive holds no file"),
    "a zip that leads out of its folder": (zipped(("../../evil.json", TWO)), "'../../evil.json' points outside"),
    "a zip with an absolute name": (zipped(("/etc/evil.json", TWO)), "'/etc/evil.json' points outside"),
    "a zip with a name of Windows": (zipped(("..\\evil.json", TWO)), "points outside"),
    "a zip bomb": (BOMB, "'zeros.json' would expand from "),
    "HTML": (b"<!DOCTYPE html>\n<html><body>NCT00000001</body></html>", "HTML or XML, which no reader knows"),
    "prose": (b"A letter about NCT00000001.", "not recognised; expected ClinicalTrials.gov v2 JSON, or a page of"),
    "a page in another language": ("Aperçu de l'étude\nStatut\nRecrutement\nNCT00000001\n".encode(), "not recognised"),
    "a binary file": (bytes(range(256)) * 10, "not UTF-8 at byte 128"),
    "only the frame of a page": (b"ClinicalTrials.Veeva\n\nMenu\n\n", ""),
    "other JSON": (b'{"a": 1}', "neither a study (protocolSection) nor a page of the API (studies)"),
    "other JSON lines": (b'{"a": 1}\n{"a": 2}\n', "none is a study"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_exit_3_with_the_reason_and_the_old_output_stays(
    tmp_path: Path, data: bytes, message: str
) -> None:
    out = tmp_path / "out.nt"
    assert build(tmp_path, data).exit_code == 3
    assert not out.exists()
    out.write_text("as it was")
    result = build(tmp_path, data)
    assert result.exit_code == 3
    assert result.stderr.startswith("trialgraph: ")
    assert f"{tmp_path}/input-0" in result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert out.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input-0", "out.nt"]


def test_an_encrypted_zip_is_an_error(tmp_path: Path) -> None:
    data = bytearray(zipped(("a", ONE)))
    data[6] |= 1  # the flag in the header of the member
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # and in the directory
    result = build(tmp_path, bytes(data))
    assert result.exit_code == 3
    assert "'a' is encrypted; decrypt the archive first" in result.stderr


def test_an_archive_whose_members_overlap_is_an_error(tmp_path: Path) -> None:
    data = zipped(("a", ONE * 50), method=zipfile.ZIP_STORED)
    start = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry, tail = data[start:end], bytearray(data[end:])
    entries = b"".join(entry.replace(b"a", bytes([letter])) for letter in b"abc")
    tail[8:10] = tail[10:12] = (3).to_bytes(2, "little")
    tail[12:16] = len(entries).to_bytes(4, "little")
    result = build(tmp_path, data[:start] + entries + bytes(tail))
    assert result.exit_code == 3
    assert "the members of the archive overlap" in result.stderr


@pytest.mark.parametrize("limit", ["_LARGEST_DOCUMENT", "_LARGEST_RECORD"])
def test_a_document_or_a_line_beyond_every_measure_is_an_error(
    tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctgov, limit, 1000)
    data = {"_LARGEST_DOCUMENT": f"[{ONE},\n{TWO},\n{TWO}]", "_LARGEST_RECORD": f"{TWO}\n{TWO}{' ' * 1000}\n"}
    result = build(tmp_path, data[limit])
    assert result.exit_code == 3
    assert "NDJSON" in result.stderr or "no record is that long" in result.stderr


def test_utf_16_beyond_every_measure_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_LARGEST_UTF16", 100)
    result = build(tmp_path, ONE.encode("utf-16"))
    assert result.exit_code == 3
    assert "save it as UTF-8" in result.stderr


@pytest.mark.parametrize("name", ["gone.json", "x" * 300, "\udcff", "folder/gone.json"])
def test_a_missing_file_is_an_error_of_one_line(tmp_path: Path, name: str) -> None:
    result = build(tmp_path, tmp_path / name)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "no such file or directory" in result.stderr or "name too long" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "secret.json"
    file.write_text(ONE)
    file.chmod(0)
    result = build(tmp_path, file)
    assert result.exit_code == 3
    assert "cannot be read: Permission denied" in result.stderr


def test_a_fault_of_the_disk_is_an_error_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if not self.tell():
                return super().read1(10)
            raise OSError(5, "Input/output error")

    [source] = written(tmp_path, [ONE])
    monkeypatch.setattr(Path, "open", lambda path, mode: Failing(ONE.encode()))
    result = build(tmp_path, Path(source))
    assert result.exit_code == 3
    assert "cannot be read beyond byte 10: Input/output error" in result.stderr


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_a_device_without_end_is_an_error_after_a_measured_part(tmp_path: Path) -> None:
    result = build(tmp_path, Path("/dev/zero"))
    assert result.exit_code == 3
    assert "/dev/zero: neither JSON nor a page" in result.stderr


def test_closed_standard_input_is_an_error(tmp_path: Path) -> None:
    code = "sys.stdin = None; main(['build', '-', '-o', sys.argv[1]])"
    with started(code, tmp_path / "o.nt", stderr=subprocess.PIPE) as process:
        assert process.communicate()[1] == b"trialgraph: standard input: closed, or read already\n"
    assert process.returncode == 3


def test_all_sources_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    result = build(tmp_path, b"", ONE, b"prose", tmp_path / "gone")
    assert result.exit_code == 3
    assert [name in result.stderr for name in ("input-0: empty", "input-2: not rec", "gone: no such")] == [True] * 3
    assert "input-1" not in result.stderr


def test_a_cut_line_of_ndjson_is_one_rejected_record(tmp_path: Path) -> None:
    result = build(tmp_path, f"{ONE[:-30]}\n{TWO}\n{ONE}\n{TWO[:-2]}")
    assert result.exit_code == 0
    assert "records rejected: 2" in result.stderr
    assert "input-0 line 1: not JSON" in result.stderr
    assert "input-0 line 4: not JSON: Expecting ',' delimiter: line 1 column" in result.stderr
    assert trials(tmp_path) == BOTH


# Pages.


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_bytes_that_no_graph_should_carry_is_clean_in_the_graph(tmp_path: Path, page: str) -> None:
    hostile = page.replace("ti", "ti\x1b", 50).replace("phase", "\u202e\x00phase")
    result = build(tmp_path, ONE, hostile)
    assert result.exit_code == 0
    assert "input-1" in result.stderr  # a page with characters replaced, or one that is no page any more
    text = (tmp_path / "out.nt").read_text()
    assert not any(char in text or f"\\u{ord(char):04x}" in text for char in "\x1b\u202e\x00")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("change", [str.strip, lambda page: page.replace("\n", "\r\n"), lambda page: "\ufeff" + page])
def test_a_page_reads_the_same_with_other_line_ends_and_marks(
    tmp_path: Path, page: str, change: Callable[[str], str]
) -> None:
    assert build(tmp_path, page).exit_code == 0
    before = {triple for triple in parsed((tmp_path / "out.nt").read_bytes()) if triple[1] != "tg:sha256"}
    (tmp_path / "input-0").write_bytes(change(page).encode())
    assert build(tmp_path, tmp_path / "input-0").exit_code == 0
    assert {t for t in parsed((tmp_path / "out.nt").read_bytes()) if t[1] != "tg:sha256"} == before


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, -1), (-1, 0), (-1, -2)])
def test_two_trials_in_one_page_are_told_and_never_mixed_in_silence(tmp_path: Path, first: int, second: int) -> None:
    result = build(tmp_path, PAGES[first] + "\n" + PAGES[second])
    assert result.exit_code == 3
    assert "two" in result.stderr or "more than one" in result.stderr


@pytest.mark.parametrize("page", PAGES)
def test_the_frame_of_a_page_without_its_trial_is_no_trial(tmp_path: Path, page: str) -> None:
    frame = "\n".join(page.splitlines()[:3])
    result = build(tmp_path, frame)
    assert result.exit_code == 3
    assert not (tmp_path / "out.nt").exists()


# Directories.


def test_a_directory_is_read_with_its_folders_and_without_hidden_files(tmp_path: Path) -> None:
    source = tmp_path / ".cache" / "studies"  # a hidden folder above does not matter
    (source / "deep" / "er").mkdir(parents=True)
    (source / ".git").mkdir()
    (source / "deep" / "er" / "1").write_text(ONE)
    (source / "2.json").write_text(TWO)
    (source / ".git" / "3.json").write_text(json.dumps(study("NCT00000003")))
    (source / ".4.json").write_text(json.dumps(study("NCT00000004")))
    assert build(tmp_path, source).exit_code == 0
    assert trials(tmp_path) == BOTH


def test_a_file_of_a_directory_that_is_no_record_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in {"1": ONE, "2.json": TWO, "README": "About", "cut.json": ONE[:-9], "empty": ""}.items():
        (source / name).write_text(text)
    os.mkfifo(source / "pipe")
    result = build(tmp_path, source, flags=("--strict",))
    assert result.exit_code == 1
    assert "records rejected: 4" in result.stderr
    assert trials(tmp_path) == BOTH


def test_a_member_of_an_archive_that_is_no_record_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    result = build(tmp_path, zipped(("1", ONE), ("2/3", TWO), ("README", "About")))
    assert result.exit_code == 0
    assert "input-0/README: not recognised" in result.stderr
    assert trials(tmp_path) == BOTH


def test_a_damaged_file_of_a_directory_is_an_error_because_it_may_hold_more_records(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "1.json").write_text(ONE)
    (source / "2.gz").write_bytes(gzip.compress(f"{ONE}\n{TWO}".encode())[:-20])
    result = build(tmp_path, source)
    assert result.exit_code == 3
    assert "2.gz: cannot be read beyond byte" in result.stderr


def test_links_are_followed_once_so_that_a_loop_ends(tmp_path: Path) -> None:
    source, other = tmp_path / "source", tmp_path / "other"
    source.mkdir()
    other.mkdir()
    (source / "1.json").write_text(ONE)
    (other / "2.json").write_text(TWO)
    (source / "other").symlink_to(other)
    (source / "self").symlink_to(source)
    (other / "back").symlink_to(source)
    result = build(tmp_path, source)
    assert result.exit_code == 0, result.stderr
    assert "read 2 records" in result.stderr
    assert trials(tmp_path) == BOTH


def test_a_link_to_nothing_or_to_itself_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "1.json").write_text(ONE)
    (source / "gone").symlink_to(tmp_path / "nowhere")
    (source / "loop").symlink_to(source / "loop")
    result = build(tmp_path, source)
    assert result.exit_code == 3
    assert "gone: cannot be read: No such file" in result.stderr
    assert "loop: cannot be read: Too many levels of symbolic links" in result.stderr


def test_an_empty_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    result = build(tmp_path, tmp_path / "source")
    assert result.exit_code == 3
    assert "the directory holds no file" in result.stderr


@pytest.mark.parametrize("name", [b"\xff\xfe.json", b"a\nb.json", b"\x1b[31m.json", "\u202e.json".encode()])
def test_a_file_of_any_name_is_read_and_told_in_one_line(tmp_path: Path, name: bytes) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for file, text in ((name, TWO), (name + b"2", "[null]")):
        (source / os.fsdecode(file)).write_text(text)
    result = build(tmp_path, source, flags=("--log-format", "json", f"--report={tmp_path}/report"))
    assert result.exit_code == 0, result.stderr
    [rejected] = json.loads(result.stderr)["findings"]
    assert "\ufffd" in rejected["file"]
    assert rejected["file"].isprintable()


# Outputs.


def output(tmp_path: Path, out: Path) -> Result:
    return run("build", *written(tmp_path, [ONE]), "-o", out)


def test_an_output_that_cannot_be_is_exit_2_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "file.nt"
    file.write_text("")
    (tmp_path / "folder.nt").mkdir()
    os.mkfifo(tmp_path / "pipe.nt")
    (tmp_path / "null.nt").symlink_to(os.devnull)
    wrong = {
        "out.txt": "must end in one of .jsonld, .nq, .nt, .trig, .ttl",
        "out": "must end in one of",
        "out.nt.zip": "must end in one of",
        "folder.nt": "a folder; name a file",
        "gone/out.nt": "there is no folder",
        "file.nt/out.nt": "there is no folder",
        "pipe.nt": "not a regular file",
        "null.nt": "not a regular file",
        f"{'x' * 300}.nt": "cannot be written: File name too long",
    }
    for name, message in wrong.items():
        result = output(tmp_path, tmp_path / name)
        assert (result.exit_code, message in result.stderr) == (2, True), (name, result.stderr)
        assert result.stderr.count("\n") == 1


def test_a_wrong_argument_is_told_before_anything_is_read(tmp_path: Path) -> None:
    for out, base in (("o.csv", "http://x/"), ("no/o.nt", "http://x/"), ("o.nt", "x")):
        result = run("build", tmp_path / "gone.json", "-o", tmp_path / out, "--base", base)
        assert result.exit_code == 2


def test_an_output_replaces_what_a_link_points_to_and_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "real.nt").write_text("old")
    (tmp_path / "real.nt").chmod(0o640)
    (tmp_path / "link.nt").symlink_to(tmp_path / "real.nt")
    assert output(tmp_path, tmp_path / "link.nt").exit_code == 0
    assert (tmp_path / "link.nt").is_symlink()
    assert parsed((tmp_path / "real.nt").read_bytes()).things("tg:Trial") == BOTH[:1]
    assert (tmp_path / "real.nt").stat().st_mode & 0o777 == 0o640


def test_an_output_with_the_longest_name_is_written(tmp_path: Path) -> None:
    assert output(tmp_path, tmp_path / f"{'x' * 252}.nt").exit_code == 0


def test_an_output_may_be_its_own_input(tmp_path: Path) -> None:
    """The old file is read whole before the new one takes its place."""
    source = tmp_path / "folder"
    source.mkdir()
    (source / "a.nt").write_text(ONE)
    assert run("build", source, "-o", source / "a.nt").exit_code == 0
    assert parsed((source / "a.nt").read_bytes()).things("tg:Trial") == BOTH[:1]
    assert [path.name for path in source.iterdir()] == ["a.nt"]


def test_a_compressed_output_depends_on_its_content_only(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    outs = [tmp_path / "a" / "x.nt.gz", tmp_path / "b" / "other-name.nt.gz"]
    for out in outs:
        assert output(tmp_path, out).exit_code == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert parsed(gzip.decompress(outs[0].read_bytes())).things("tg:Trial") == BOTH[:1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_standard_output_is_exit_4_without_a_traceback(tmp_path: Path) -> None:
    [source] = written(tmp_path, [ONE])
    code = "main(['build', sys.argv[1], '-o', '-', '-q'])"
    with open("/dev/full", "wb") as full, started(code, source, stdout=full, stderr=subprocess.PIPE) as process:
        told = process.communicate()[1]
    assert told == b"trialgraph: standard output: cannot be written: No space left on device\n"
    assert process.returncode == 4


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / "out.nt"
    out.write_text("as it was")
    monkeypatch.setattr(os, "fsync", full)
    result = output(tmp_path, out)
    assert result.exit_code == 4
    assert "out.nt: cannot be written: No space left on device" in result.stderr
    assert out.read_text() == "as it was"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_reader_that_leaves_the_pipe_ends_the_work_in_silence(tmp_path: Path) -> None:
    [source] = written(tmp_path, [json.dumps([study(f"NCT{number:08}") for number in range(2000)])])
    code = (
        "import sys; from trialgraph.cli import main; main(['build', sys.argv[1], '-o', '-', '-q', '--workers', '1'])"
    )
    with started(code, source, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_no_socket_of_a_directory_stops_the_work(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.mkdir()
    (source / "1.json").write_text(ONE)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(source / "socket"))
        result = build(tmp_path, source)
    assert result.exit_code == 0
    assert "s/socket: not a regular file" in result.stderr


def test_a_full_temporary_folder_is_an_error_that_says_what_to_do() -> None:
    spool = Spool()
    spool._database.execute("PRAGMA max_page_count = 8")
    noise = random.Random(0)

    def fill() -> None:
        for number in range(1000):
            spool.put(Item("ctgov", f"NCT{number:08}", "file", "", noise.randbytes(1000)))

    with pytest.raises(TrialgraphError, match=r"temporary files: .*full; TMPDIR can name a folder"):
        fill()
    spool.close()
