"""The pack that `tipstaff pack init` starts: a feature, a rule with tests, its stage, and a sample for it."""

from __future__ import annotations

import json
from pathlib import Path

from streams.alert_lines import rfc3339
from streams.exam import START_MS

FEATURES = """\
# Features of your own. A feature adds up events of an account, key or workload over windows.
features:
  - name: images_made            # its values are called images_made_1h …
    entity: account
    event: inference
    aggregate: sum
    column: images
    where: operation = 'image'
    windows: [1h]
    unit: images
    signal: output
"""

RULE = """\
id: image-flood
title: Far more images in an hour than a person looks at
clause: spam
severity: low
entity: account
on: tick
when:
  - images_made_1h > 500
quiet: 1h
description: >
  Counts generated images. On its own it says only that a machine asks; look at what the images are for.
runbook: |
  1. Which product and plan is it? Batch customers make thousands.
  2. Ask the owner before anything else.
false_positives: ["a shop that renders its catalogue"]
tests:
  - name: a thousand images in half an hour
    fires: true
    events:
      - {type: inference, account_id: acme, operation: image, images: 4, every: 5s, lasts: 30m}
  - name: somebody trying prompts
    fires: false
    events:
      - {type: inference, account_id: ann, operation: image, images: 4, every: 1m, lasts: 2h}
"""

POLICY = """\
# What follows, laid over the shipped policy key by key (clauses: and ladders: entry by entry, each as a whole).
stages:
  image-flood: shadow            # how far the rule may come: shadow, canary, live; it earns its stage by itself
"""

PACK = """\
# Shipped rules to do without, by id.
without: []
"""


def write_starter(folder: Path) -> list[Path]:
    """Write the starter's files; returns their paths. Raises FileExistsError before anything is written."""
    files = {
        folder / "pack.yaml": PACK, folder / "policy.yaml": POLICY,
        folder / "features.yaml": FEATURES, folder / "rules" / "image-flood.yaml": RULE,
        folder / "sample.ndjson": "".join(_sample()),
    }  # fmt: skip
    for path in files:
        if path.exists():
            raise FileExistsError(17, "exists", str(path))
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _sample() -> list[str]:
    """An hour of one account's images, four every five seconds, beside a calm one."""
    found = []
    for i in range(720):
        account = "calm-account" if i % 60 == 0 else "busy-account"
        found.append({"id": f"sample-{i}", "time": rfc3339(START_MS + i * 5_000), "type": "inference",
                      "account_id": account, "operation": "image", "images": 4, "status": 200})  # fmt: skip
    return [json.dumps(one) + "\n" for one in found]
