"""Packs with one mistake each, as files by name: what people get wrong when they write features and rules."""

from __future__ import annotations

from features.peers import QUANTILES

Files = dict[str, str | bytes]

_RULE = {
    "id": "id: my-rule", "title": "title: mine", "clause": "clause: spam", "severity": "severity: low",
    "entity": "entity: account", "on": "on: tick", "event": "", "when": "when:\n  - pages_1h > 10",
    "for": "", "quiet": "",
    "runbook": "runbook: look", "false_positives": "false_positives: [none]",
    "tests": "tests:\n  - {name: bad, fires: true, events: []}\n  - {name: good, fires: false, events: []}",
}  # fmt: skip


def rule(also: str = "", **changed: str) -> Files:
    """A sound rule but for some keys."""
    return {"rules/my-rule.yaml": "\n".join([text for text in (_RULE | changed).values() if text] + [also]) + "\n"}


def when(condition: str) -> Files:
    """A rule with one condition on features."""
    return rule(when=f"when:\n  - {condition}")


def on_event(condition: str, event: str = "event: process", **changed: str) -> Files:
    """A rule with one condition on single events."""
    return rule(on="on: event", event=event, when=f"when:\n  - {condition}", **changed)


def features(*declared: str) -> Files:
    """Features, each in YAML's flow style."""
    return {"features.yaml": "features:\n" + "".join(f"  - {{{one}}}\n" for one in declared)}


def feature(**changed: str) -> Files:
    """A sound feature but for some keys; an empty text leaves one out."""
    sound = {"name": "calls", "entity": "account", "event": "inference", "aggregate": "count", "windows": "[1h]",
             "signal": "output"}  # fmt: skip
    return features(", ".join(f"{key}: {text}" for key, text in (sound | changed).items() if text))


def clauses(text: str) -> Files:
    """A list of clauses."""
    return {"clauses.yaml": "clauses:\n" + text}


def labels(text: str) -> Files:
    """A list of tables of labels."""
    return {"labels.yaml": "labels:\n" + text}


def listing(**changed: str) -> str:
    """A sound list of indicators but for some keys."""
    sound = {"kind": "domain", "what": "pools", "source": "us", "expires": "2099-01-01", "entries": "[a.example]"}
    return "".join(f"{key}: {text}\n" for key, text in (sound | changed).items())


def listings(**files: str) -> Files:
    """Lists by name."""
    return {f"lists/{name}.yaml": text for name, text in files.items()}


def peers(*tables: str) -> Files:
    """Trained peers."""
    return {"peers.json": f'{{"format": 1, "levels": {QUANTILES.tolist()}, "tables": [{", ".join(tables)}]}}'}


def model(**changed: str) -> Files:
    """A sound model but for some keys; an empty text leaves one out."""
    sound = {
        "id": "odd",
        "title": "odd",
        "clause": "spam",
        "severity": "low",
        "entity": "account",
        "features": "[pages_1h, paths_1h]",
        "p_value": "0.01",
        "runbook": "look",
        "false_positives": "[some]",
    }
    return {"models.yaml": "models:\n  - {" + ", ".join(f"{k}: {v}" for k, v in (sound | changed).items() if v) + "}\n"}


_CLAUSE = ("  - {id: mine, title: Mine, text: No mining, severity: high, role: security, coverage: rule, "
           "detectors: [many-pages], cannot_see: [much]}\n")  # fmt: skip
_HALF = "name: half, entity: account, aggregate: ratio, windows: [1h], signal: output"
_PAGES = "entity: account, event: fetch, windows: [1h], signal: output"
_CALLS = "name: calls, entity: account, event: inference, aggregate: count, windows: [1h], signal: output"

SHIPPED: Files = {
    **features(f"name: pages, aggregate: count, {_PAGES}", f"name: paths, aggregate: distinct, column: path, {_PAGES}",
               f"{_HALF}, of: paths, over: pages".replace("half", "path_share").replace("ratio", "share")),
    **clauses(_CLAUSE.replace("mine,", "spam,")),
    "rules/many-pages.yaml": str(
        rule(id="id: many-pages", when="when: [paths_1h > 5, path_share_1h > 0.5]")["rules/my-rule.yaml"]),
    "policy.yaml": "clauses:\n  spam: {ceiling: page, to_lift: Stop., dsa_category: OTHER_VIOLATION_TC}\n",
}  # fmt: skip
"""A small pack to lay the mistakes over."""

MISTAKES: dict[str, Files] = {
    # files
    "no readable YAML": {"features.yaml": "features:\n  - name: a: b\n"},
    "a control character": {"features.yaml": "features: \x01\n"},
    "not UTF-8": {"features.yaml": b"features: [\xff]\n"},
    "a file that is a folder": {"features.yaml/inside": ""},
    "a key twice": {"features.yaml": "features: []\nfeatures: []\n"},
    "no list": {"features.yaml": "feature:\n  - name: a\n"},
    "a list of no mappings": {"features.yaml": "features:\n  - pages\n"},
    "a rule that is a list": {"rules/a.yaml": "- id: a\n"},
    "an empty rule": {"rules/a.yaml": ""},
    "an unknown rule to do without": {"pack.yaml": "without:\n  - many-page\n"},
    "a wrong key in pack.yaml": {"pack.yaml": "witout: [many-pages]\n"},
    # clauses
    "a clause that is no mapping": clauses("  - mine\n"),
    "a clause's unknown key": clauses("  - {id: mine, titel: Mine}\n"),
    "two clauses": clauses(_CLAUSE * 2),
    "a clause's severity": clauses(_CLAUSE.replace("high", "hihg")),
    "a clause's coverage": clauses(_CLAUSE.replace("coverage: rule", "coverage: reports")),
    "a clause's missing keys": clauses("  - {id: mine, title: Mine}\n"),
    "a clause's basis that is a text": clauses(_CLAUSE.replace("cannot_see", "basis: the policy, cannot_see")),
    "half a basis": clauses(_CLAUSE.replace("cannot_see", "basis: {document: policy, chapter: 5}, cannot_see")),
    "a clause that nothing watches": clauses(_CLAUSE),
    "a clause that names an unknown rule": clauses(_CLAUSE.replace("many-pages", "many-page")),
    "a clause through verdicts without a label": clauses(_CLAUSE.replace("coverage: rule", "coverage: verdict")),
    # labels
    "a table of labels that is a text": labels("  - llama\n"),
    "a table's unknown key": labels("  - {taxonomy: t, label: {S1: spam}}\n"),
    "a table without a taxonomy": labels("  - {labels: {S1: spam}}\n"),
    "a table without labels": labels("  - {taxonomy: t}\n"),
    "a label that is a number": labels("  - {taxonomy: t, labels: {1: spam}}\n"),
    "a label of an unknown clause": labels("  - taxonomy: t\n    labels:\n      S1: spam\n      S2: spaam\n"),
    "a label twice": labels("  - {taxonomy: t, versions: ['1'], labels: {S1: spam}}\n"
                            "  - {taxonomy: t, versions: ['1'], labels: {s1: spam}}\n"),
    # lists
    "a list that is a list": {"lists/pools.yaml": "- a.example\n"},
    "a list's name": {"lists/My_Pools.yaml": listing()},
    "a list's unknown key": {"lists/pools.yaml": listing() + "entry: [a]\n"},
    "a list's missing keys": {"lists/pools.yaml": "kind: domain\n"},
    "a list's kind": {"lists/pools.yaml": listing(kind="domains")},
    "a list's date": {"lists/pools.yaml": listing(expires="soon")},
    "a list's entries": {"lists/pools.yaml": listing(entries="\n  - pool.example\n  - 5\n  - nodomain")},
    "an expired list": listings(pools=listing(expires="2026-06-30")),
    "an unknown list": listings(pools=listing()) | on_event("LISTED(process, 'pool')"),
    "an unknown list in where": feature(where="\"LISTED(model, 'pools')\""),
    # peers
    "peers that are no JSON": {"peers.json": "{"},
    "peers of another format": {"peers.json": '{"format": 9}'},
    "peers at other quantiles": {"peers.json": '{"format": 1, "levels": [0.5], "tables": []}'},
    "peers without keys": peers('{"kind": "account"}'),
    "peers that fall": peers('{"kind": "account", "plan": null, "type": "*", "value": "pages_1h", "identity": "",'
                             ' "quantiles": [2, 1]}'),
    "peers of features that changed": peers(
        '{"kind": "account", "plan": null, "type": "*", "value": "pages_1h", "identity": "old",'
        f' "quantiles": {[0] * len(QUANTILES)}}}'),
    # models
    "a model that is a list": {"models.yaml": "models:\n  - [odd]\n"},
    "a model's unknown key": model(feature="[pages_1h]"),
    "a model's missing keys": {"models.yaml": "models:\n  - {id: odd}\n"},
    "a model's name": model(id="Odd_One"),
    "two models": {"models.yaml": str(model()["models.yaml"]) + str(model()["models.yaml"]).removeprefix("models:\n")},
    "a model with a rule's name": model(id="many-pages"),
    "a model's clause": model(clause="spamm"),
    "a model that would do more than page": model(severity="high"),
    "a model of end users": model(entity="end_user"),
    "a model's p-value": model(p_value="0.5"),
    "a model's p-value that is a text": model(p_value="small"),
    "a model's quiet": model(quiet="a day"),
    "a model's unknown value": model(features="[pages_1h, path_1h]"),
    "a model's value of another kind": {"models.yaml": "models:\n" + str(model(entity="key")["models.yaml"])[8:]},
    "a model of one feature": model(features="[pages_1h]"),
    "a model's feature twice": model(features="[pages_1h, paths_1h, pages_1h]"),
    "a model of a compared value": {**feature(against="[peers]"), **model(features="[pages_1h, calls_1h_vs_peers]")},
    "a model of a restricted clause": {
        **clauses(_CLAUSE.replace("coverage", "path: child_safety, coverage")),
        **rule("knowledge: classifier", clause="clause: mine"), **model(clause="mine"),
    },
    "a model of a restricted value": {
        **clauses(_CLAUSE.replace("coverage", "path: child_safety, coverage")), **feature(),
        **rule("knowledge: classifier", clause="clause: mine", when="when: [calls_1h > 1]"),
        **model(features="[pages_1h, calls_1h]"),
    },
    "a clause watched by a model that says otherwise": {
        **clauses(_CLAUSE.replace("coverage: rule", "coverage: reports_only").replace("many-pages", "odd")),
        **model(clause="mine"),
    },
    "an artifact that is none": {**model(), "models/odd.model": b"no model"},
    "an artifact that is a folder": {**model(), "models/odd.model/inside": ""},
    "an artifact that nothing declares": {"models/odd.model": b""},
    "keys of models that are none": {**model(), "models/keys.json": "[5]"},
    # features
    "a feature's unknown key": feature(colum="status"),
    "a feature's unknown key with a list": {"features.yaml": "features:\n  - name: a\n    window:\n      - 1h\n"},
    "a feature's missing keys": features("name: a"),
    "a feature's name": feature(name="My-Calls"),
    "a feature's entity": feature(entity="acount"),
    "a feature's entities": feature(entity="[account, pod]"),
    "a list for a text": feature(aggregate="[count]"),
    "windows for first_seen": feature(aggregate="first_seen", event=""),
    "no windows": feature(windows=""),
    "a window": feature(windows="[1h, 2h]"),
    "an event type": feature(event="[inference, fetsh]"),
    "no event type": feature(event=""),
    "a column where none is taken": feature(column="status"),
    "a column that is missing": feature(aggregate="sum"),
    "an unknown column": feature(aggregate="sum", column="output_token"),
    "a text summed": feature(aggregate="sum", column="model"),
    "a novelty of an hour": feature(aggregate="novel", column="model"),
    "a comparison": feature(against="[peer]"),
    "a comparison of ages": feature(aggregate="first_seen", event="", windows="", against="[own]"),
    "too many own pasts": features(
        *(_CALLS.replace("calls", f"calls_{i}").replace("[1h]", "[1h, 24h, 7d], against: own") for i in range(3))),
    "a template of something else": features("for_each: plan, " + _CALLS),
    "a template's coverage": features("for_each: clause, coverage: verdicts, " + _CALLS),
    "a template's mistake, told once": clauses(_CLAUSE + _CLAUSE.replace("mine", "other")) | features(
        "for_each: clause, " + _CALLS.replace("calls", "'calls_{clause_name}'").replace("inference", "fetsh")
    ),
    "too large to square": feature(aggregate="deviation", column="bytes_out", event="network"),
    "another type's column": feature(aggregate="sum", column="gpu_util"),
    "events for a ratio": features(f"{_HALF}, of: pages, over: pages, event: fetch"),
    "another type's column in where": feature(where="gpu_util > 0.5"),
    "where is no condition": feature(where="status + 1"),
    "two features of a name": features(_CALLS, _CALLS),
    "a ratio of nothing": features(f"{_HALF}, over: pages"),
    "a ratio of an unknown": features(f"{_HALF}, of: pagse, over: pages"),
    "a ratio of a ratio": features(f"{_HALF}, of: path_share, over: pages"),
    "a ratio in another window": features(f"{_HALF}, of: pages, over: pages".replace("1h", "24h")),
    # rules
    "a rule's unknown key": rule("treshold: 5"),
    "a rule's missing keys": {"rules/a.yaml": "id: a\n"},
    "a rule's name": rule(id="id: My_Rule"),
    "a rule's name that is a number": rule(id="id: 5"),
    "a rule's clause": rule(clause="clause: spamm"),
    "a rule's severity": rule(severity="severity: severe"),
    "a rule's template of something else": rule("for_each: plan", clause=""),
    "a rule's template with a clause": rule("for_each: clause"),
    "a rule's template that no clause names": rule("for_each: clause", clause=""),
    "a victim": rule("victim: account"),
    "knowledge where none is told": rule("knowledge: classifier"),
    "no knowledge where it must be told": {**clauses(_CLAUSE.replace("coverage", "path: child_safety, coverage")),
                                           **rule(clause="clause: mine")},
    "unknown knowledge": {**clauses(_CLAUSE.replace("coverage", "path: child_safety, coverage")),
                          **rule("knowledge: rumour", clause="clause: mine")},
    "clusters under the child-safety path": {
        **clauses(_CLAUSE.replace("coverage", "path: child_safety, coverage")),
        **rule("knowledge: classifier", clause="clause: mine", entity="entity: cluster",
               when="when: [accounts_24h > 5]"),
    },
    "an event rule about a cluster": on_event("process = 'x'", entity="entity: cluster"),
    "an event rule about an end user": on_event("process = 'x'", entity="entity: end_user"),
    "two rules": rule() | {"rules/other.yaml": str(rule()["rules/my-rule.yaml"])},
    "a rule that a clause is missing for": rule(clause="clause: something-else"),
    "for": rule(**{"for": "for: 10 minutes"}),
    "an event on a tick": rule(event="event: process"),
    "no event on an event": on_event("status > 1", event=""),
    "an event that is unknown": on_event("status > 1", event="event: proces"),
    "for on an event": on_event("process = 'x'", **{"for": "for: 1m"}),
    "tests that are no list": rule(tests="tests: good"),
    "no hard negative": rule(tests="tests:\n  - {fires: true}"),
    "a condition that is a number": when("5"),
    "no alternatives": when("any: []"),
    "another event type's column": on_event("gpu_util > 0.5"),
    # conditions
    "an unknown value": when("page_1h > 10"),
    "an unknown value in alternatives": when("any:\n      - pages_1h > 2\n      - paegs_1h > 3"),
    "a quoted condition": when("'pagse_1h > 10'"),
    "a condition over several lines": when(">-\n    pages_1h > 10\n    AND pagse_1h > 10"),
    "one condition without a list": rule(when="when: pagse_1h > 10"),
    "two comparisons": when("pages_1h > 10 AND paths_1h > 5"),
    "two values": when("pages_1h > paths_1h"),
    "a text": when("pages_1h = 'many'"),
    "a truth value": when("pages_1h > TRUE"),
    "a range upside down": on_event("status BETWEEN SYMMETRIC 5 AND 1"),
    "an endless number": when("pages_1h < 1e999"),
    "half a condition": when("pages_1h >"),
    "an open quote": when("pages_1h > 'x"),
    "too long": on_event("process IN (" + ", ".join(f"'program-number-{i}'" for i in range(120)) + ")"),
    "nested deep": when("(" * 900 + "pages_1h" + ")" * 900 + " > 1"),
    "two statements": when("pages_1h > 1; pages_1h > 2"),
    "a function": when("SQRT(pages_1h) > 3"),
    "an aggregate": when("pages_1h > AVG(pages_1h)"),
    "a window function": when("SUM(pages_1h) OVER () > 3"),
    "a subquery": when("pages_1h > (SELECT 1)"),
    "a division": when("pages_1h / paths_1h > 3"),
    "a pattern from a column": on_event("process LIKE command_line"),
    "a long pattern": on_event("process LIKE '" + "x" * 201 + "'"),
    "a table": when("t.pages_1h > 3"),
    "types that do not fit": on_event("process > 5"),
    "a pattern that is none": on_event("REGEXP_LIKE(process, '(')"),
    "a regular expression that polars lacks": on_event("REGEXP_LIKE(process, '(?=x)')"),
    "LIKE with an escape": on_event("process LIKE 'x!%' ESCAPE '!'"),
    "LIKE over numbers": on_event("status LIKE '5%'"),
    # warnings
    "a feature that no rule reads": feature(),
}  # fmt: skip
