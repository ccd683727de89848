"""Turn the JSON report of `trialgraph validate` into other formats, so that one validation gives many reports.

python -m trialgraph.reports findings.json --format sarif -o findings.sarif
"""

import sys
from pathlib import Path

import click

from trialgraph.errors import InputError, TrialgraphError
from trialgraph.reports import FORMATS, Options
from trialgraph.reports.json import load
from trialgraph.writers.output import output


@click.command(help=__doc__)
@click.argument("file", metavar="REPORT.json")
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@click.option("--out", "-o", default="-", metavar="FILE", help="The file to write  [default: standard output]")
@click.option("--source", default="", metavar="FILE", help="The graph that was judged, for SARIF and annotations.")
@click.option("--all", "every", is_flag=True, help="All findings instead of some of each rule.")
def main(file: str, format_: str, out: str, source: str, every: bool) -> None:
    try:
        try:
            data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror or error}") from error
        found, gate = load(data, file)
        with output(out) as stream:
            for part in FORMATS[format_](found, gate, Options(every=every, source=source)):
                stream.write(part.encode())
    except TrialgraphError as error:
        click.echo(f"trialgraph: {error}", err=True)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
