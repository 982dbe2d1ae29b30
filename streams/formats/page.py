"""docs/formats.md, written from what the formats declare."""

from __future__ import annotations

from collections.abc import Iterator

from streams.formats import FORMATS, Format
from streams.formats.taken import Taken

_INTRO = """\
# Formats

What `--format` reads, what it takes from where, and what is lost. This page is written from the code
(`pytest --update-golden tests/streams/formats/test_page.py`). `tipstaff formats try F FILE` shows what becomes of a
file's first records, and which of their keys nothing takes.

All formats give the columns of [events.md](events.md), checked as native events are: what does not pass is a dead
letter, which tells the number of its record (a line, from 0) and why. A line may make several events; they are put in
order of time within their line. Of several keys the first that is there is taken; an empty text is as good as none.
Parts of a record that are of another kind than expected (a text for an object) count as absent; a value that is no
number where a number belongs makes a dead letter. Records are at most 64 KiB long, lines of `cloudevents` and
`otel-genai`, which may hold many events, 4 MiB. A file that ends within a line gives that line as a dead letter; one
that ends within its gzip or zstd stream is refused by name, and what stood before stays.

Dead letters of formats that may carry prompts show the event as far as it was read, never the record.
"""

MAP_EXAMPLE = """\
type:                                  # the envelope's type → ours; ~ is no event
  com.example.usage.v1: inference
  com.example.audit.v1: ~
columns:                               # our column: a path, or =text for a constant
  account_id: data.customer.id
  input_tokens: data.usage.prompt_tokens
  output_tokens: data.usage.completion_tokens
  region: datacenter                   # an extension of the envelope
  product: =chat
"""
"""A field map, for people to begin with."""

_MAP = f"""\
With a field map (`--map FILE`) the data may have any shape:

```yaml
{MAP_EXAMPLE}```

A map names columns of events.md and event types; the keys of a path stand from the outside in, with dots between, and
none looks into a list. Mistakes are told with file and line before anything is read. With a map no column is taken
from the data unless the map says so.

A line is an envelope, a list of envelopes, or a Kafka message as `kcat -J` prints it: in binary mode its `ce_…` headers
are the attributes and its payload the data, else the payload is the envelope.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *(line for form in FORMATS.values() for line in _section(form))])


def _section(form: Format) -> Iterator[str]:
    yield f"## {form.name}\n"
    yield f"{form.summary}.\n"
    if form.maps is not None:
        yield _MAP
    if form.taken:
        yield "| column | from | how |"
        yield "|---|---|---|"
        yield from (f"| `{one.column}` | {_keys(one)} | {_how(one)} |" for one in form.taken)
        yield ""
    yield "What is lost, and what else to know:\n"
    yield from (f"- {loss}" for loss in form.losses)
    yield ""


def _keys(taken: Taken) -> str:
    return ", ".join(f"`{'.'.join(path)}`" for path in taken.keys)


def _how(taken: Taken) -> str:
    words = ", ".join(f"{theirs} → {ours}" for theirs, ours in taken.words.items())
    return "; ".join(part for part in (words, taken.told) if part)
