"""Sinks as a deployment declares them."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.sink_parts import webhook_secret

from streams.enforcement.sinks.declared import Declared, SinksRefused, read_sinks

GOOD = """
- {name: actuator, kind: webhook, url: "https://hooks.example/a", secret_file: [new, old], events: [actions]}
- {name: oncall, kind: pagerduty, secret_env: ROUTING, read_secret_env: READ, events: [pages]}
- {name: room, kind: slack, secret_env: SLACK, events: [pages]}
- {name: am, kind: alertmanager, peers: ["http://10.0.0.5:9093", "http://10.0.0.6:9093"], allow: [10.0.0.0/24],
   events: [pages], timeout_s: 5}
- {name: letters, kind: mail, host: smtp.example, from: policy@cloud.example, username: u, secret_env: MAIL,
   events: [notices]}
- {name: everything, kind: webhook, url: "https://pull.example", secret_env: HOOK, events: [actions, pages, notices]}
"""
ENVIRONMENT = {"ROUTING": "ROUTINGCANARY", "READ": "READCANARY", "MAIL": "MAILCANARY",
               "SLACK": "https://hooks.slack.example/SLACKCANARY", "HOOK": webhook_secret("h").reveal(),
               "EVIL": "http://169.254.169.254/SLACKCANARY", "WEAK": "WEAKCANARY"}  # fmt: skip


def declared(folder: Path, text: str) -> Declared:
    for name in ("new", "old"):
        (folder / name).write_text(webhook_secret(name[0]).reveal())
        (folder / name).chmod(0o600)
    (folder / "open").write_text("OPENCANARY")
    (folder / "open").chmod(0o644)
    (folder / "sinks.yaml").write_text(text)
    return read_sinks(folder / "sinks.yaml", ENVIRONMENT)


def test_all_kinds(tmp_path: Path) -> None:
    """Each kind of sink is made, under its name, and takes the messages that it asked for."""
    found = declared(tmp_path, GOOD)
    assert [sink.name for sink in found.sinks] == ["actuator", "oncall", "room", "am", "letters", "everything"]
    assert found.routes("tipstaff.action.requested") == ("actuator", "everything")
    assert found.routes("tipstaff.action.lifted") == ("actuator", "everything")
    assert found.routes("tipstaff.hold.requested") == ("actuator", "everything")
    assert found.routes("tipstaff.page.opened") == ("oncall", "room", "am", "everything")
    assert found.routes("tipstaff.notice") == ("letters", "everything")
    assert found.routes("tipstaff.unheard") == ()
    assert "CANARY" not in repr(found) + "".join(repr(vars(sink)) for sink in found.sinks)
    found.close()


HOOK = "- {name: a, kind: webhook, secret_env: HOOK, events: [actions]"


@pytest.mark.parametrize(("text", "line", "told"), [
    ("", 1, "there is no list of sinks"),
    ("sinks: []", 1, "there is no list of sinks"),
    ("- 5", 1, "a sink needs a kind"),
    ("- {name: a, kind: webhok}", 1, "did you mean webhook?"),
    ("- {name: a, kind: [x]}", 1, "unknown kind"),
    (HOOK + "}", 1, "a webhook needs url:"),
    (HOOK + ', url: "https://x.example", ulr: 5}', 1, "unknown key ulr"),
    (HOOK + ', url: "http://x.example"}', 1, "an address outside allow: must be https"),
    (HOOK + ', url: "https://u:p@x.example"}', 1, "holds no credentials"),
    (HOOK + ', url: "https://127.0.0.1/x"}', 1, "127.0.0.1 is not a public address"),
    (HOOK + ', url: "https://[::1]/x"}', 1, "::1 is not a public address"),
    (HOOK + ', url: "https://2130706433/x"}', 1, "this is no host"),
    (HOOK + ', url: "https://10.0.0.1", allow: [10.0.1.0/24]}', 1, "10.0.0.1 is not a public address"),
    (HOOK + ', url: "https://x.example:99999"}', 1, "this is no address"),
    (HOOK + ', url: "file:///etc/passwd"}', 1, "this is no address"),
    (HOOK + ', url: 5}', 1, "this is no address"),
    (HOOK + ', url: "https://x.example", allow: [10.0.0.1/8]}', 1, "allow: "),
    (HOOK + ', url: "https://x.example", allow: everything}', 1, "allow: "),
    (HOOK + ', url: "https://x.example", timeout_s: 0}', 1, "1 to 30 seconds"),
    (HOOK + ', url: "https://x.example", timeout_s: yes}', 1, "1 to 30 seconds"),
    (HOOK + ', url: "https://x.example", ca_file: nowhere.pem}', 1, "cannot be used"),
    (HOOK + ', url: "https://x.example"}\n' + HOOK + ', url: "https://x.example"}', 2, "there is a sink a already"),
    ("- {name: A b, kind: slack, secret_env: SLACK, events: [pages]}", 1, "this is no name for a sink"),
    ("- {name: a, kind: slack, events: [pages]}", 1, "a slack has 1 secrets, not 0"),
    ("- {name: a, kind: slack, secret_env: SLACK, events: [actions]}", 1, "actions cannot go there"),
    ("- {name: a, kind: slack, secret_env: SLACK, events: []}", 1, "cannot go there"),
    ("- {name: a, kind: slack, secret_env: EVIL, events: [pages]}", 1, "must hold the incoming webhook's address"),
    ("- {name: a, kind: slack, secret_env: UNSET, events: [pages]}", 1, "UNSET is not set"),
    ("- {name: a, kind: slack, secret_env: 5, events: [pages]}", 1, "must name a variable"),
    ("- {name: a, kind: slack, secret_file: open, events: [pages]}", 1, "chmod 600 it"),
    ("- {name: a, kind: slack, secret_file: missing, events: [pages]}", 1, "cannot be read"),
    ('- {name: a, kind: webhook, url: "https://x.example", secret_env: WEAK, events: [actions]}', 1, "whsec_"),
    ("- {name: a, kind: mail, host: smtp.example, from: a b, events: [notices]}", 1, "one mail address"),
    ("- {name: a, kind: mail, host: 10.0.0.1, from: a@b.example, events: [notices]}", 1, "not a public address"),
    ("- {name: a, kind: mail, host: m.example, from: a@b.example, username: u, events: [notices]}", 1, "go together"),
    ("- {name: a, kind: mail, host: m.example, from: a@b.example, port: 0, events: [notices]}", 1, "1 to 65535"),
    ("- {name: a, kind: mail, host: m.example, from: a@b.example, starttls: no, events: [notices]}", 1, "true or f"),
    ("- {name: a, kind: alertmanager, peers: [], events: [pages]}", 1, "list of addresses"),
    ('- {name: a, kind: alertmanager, peers: ["http://am.example"], events: [pages]}', 1, "must be https"),
    ("- {name: a, name: b, kind: slack}", 1, "is there twice"),
    ("- {", 1, "not readable as YAML"),
])  # fmt: skip
def test_mistakes(tmp_path: Path, text: str, line: int, told: str) -> None:
    """Each mistake is refused with file, line and reason, and no secret is in the words."""
    with pytest.raises(SinksRefused) as raised:
        declared(tmp_path, text)
    assert told in str(raised.value)
    assert f"sinks.yaml:{line}: " in str(raised.value)
    assert "CANARY" not in str(raised.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Several wrong sinks are all told of, each at its line."""
    with pytest.raises(SinksRefused) as raised:
        declared(tmp_path, GOOD + "- {name: b, kind: pager}\n- {name: am, kind: slack, events: [pages]}\n")
    for told in (":10: ", ":11: ", "unknown kind pager", "there is a sink am already", "a slack has 1 secrets"):
        assert told in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Where there is no file, that is what is said."""
    with pytest.raises(SinksRefused, match=r"sinks\.yaml"):
        read_sinks(tmp_path / "sinks.yaml", {})
