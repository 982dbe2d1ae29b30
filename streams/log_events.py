"""Every log event, once: its name, level, what people read, and the fields it may carry. docs/logs.md lists them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any


class LogEvent(StrEnum):
    """An event: name, level, sentence, fields; one that is not always there ends in `?`. None names an account."""

    level: str
    message: str
    needed: frozenset[str]
    optional: frozenset[str]

    def __new__(cls, name: str, level: str, message: str, fields: str = "") -> LogEvent:
        """A member of these four."""
        one = str.__new__(cls, name)
        one._value_, one.level, one.message = name, level, message
        one.optional = frozenset(field[:-1] for field in fields.split() if field.endswith("?"))
        one.needed = frozenset(field for field in fields.split() if not field.endswith("?"))
        return one

    # any process
    LISTENING = "listening", "info", "listening", "address page? pack?"
    WAITING = "waiting", "warning", "waiting", "reason"
    STOPPING = "stopping", "info", "stopping", "within_s?"
    STOPPED = "stopped", "info", "stopped"
    CANNOT_GO_ON = "cannot_go_on", "error", "stopping: it cannot go on; nothing is lost, start it again", "reason"
    CRASHED = "crashed", "critical", "an error that nothing in here expected", "exc_info thread?"
    LIBRARY_SAID = "library_said", "warning", "", "logger?"  # the level and the sentence are the library's
    LOG_LINE_BROKEN = "log_line_broken", "error", "a library's log record could not be written", "logger"

    # worker, clusters
    ASSIGNED = "assigned", "info", "partitions are assigned", "partitions new"
    NOTHING_TO_DO = (
        "nothing_to_do", "warning",
        "this worker has nothing to do: the group has more members than the topic partitions", "topic",
    )  # fmt: skip
    RECORDS_LOST = (
        "records_lost", "error", "records were lost: the topic let them go before they were read; raise its retention",
        "topic partition records first? reason?",
    )  # fmt: skip
    FEW_PARTITIONS = (
        "few_partitions", "warning",
        "the topic has few partitions: they are dealt out whole, and their number is frozen", "partitions at_least",
    )  # fmt: skip
    BEGAN_WITH_OTHER_PACK = (
        "began_with_other_pack", "info",
        "the log began with another pack; the one given is in force once it is published", "began_with given",
    )  # fmt: skip
    NO_HEARTBEATS = (
        "no_heartbeats", "warning", "no heartbeats could be written: open turns wait for the next record", "reason",
    )  # fmt: skip
    NO_PROGRESS_TOLD = (
        "no_progress_told", "warning", "no progress could be told: enforcement will hold back", "reason",
    )  # fmt: skip
    KAFKA_SILENT = "kafka_silent", "warning", "Kafka does not answer", "seconds gives_up_after"
    OFFSETS_NOT_COMMITTED = (
        "offsets_not_committed", "warning", "offsets could not be committed; trying again", "reason",
    )  # fmt: skip
    SNAPSHOT_REFUSED = "snapshot_refused", "warning", "snapshot refused", "reason"
    PACK_REFUSED = (
        "pack_refused",
        "warning",
        "a pack is refused; the one in force stays",
        "partition pack reason in_force",
    )
    PACK_TAKEN_UP = "pack_taken_up", "info", "a pack is taken up", "pack partition? offset? serial? before?"
    WRONG_KEYS = (
        "wrong_keys", "warning",
        "records are not keyed by their account_id: the windows of such an account are split over partitions. Key "
        "them, or bring them in by tipstaff bridge", "partition records",
    )  # fmt: skip
    TIES_HELD_UP = (
        "ties_held_up", "warning",
        "no room for records that are ahead of the slowest partition of events: is a worker behind, or stopped?",
        "partition slowest",
    )  # fmt: skip

    ALERT_RAISED = (
        "alert_raised", "info", "an alert is raised", "alert revision rule clause severity kind partition",
    )  # fmt: skip
    MORE_ALERTS = "more_alerts", "info", "more alerts are raised than are told singly", "alerts partition"
    DEAD_LETTERS = (
        "dead_letters", "warning", "records became dead letters: see tipstaff dead-letters list",
        "reason records partition? source?",
    )  # fmt: skip

    # bridge
    BRIDGE_RUNNING = "bridge_running", "info", "bridge is running", "sources health"
    SOURCE_UP = "source_up", "info", "source is up", "source"
    SOURCE_DOWN = "source_down", "error", "source is down", "source reason retry"
    SOURCE_RECORDS_GONE = (
        "source_records_gone", "warning", "records are gone before they were read",
        "source partition offset first lost",
    )  # fmt: skip
    SOURCE_MADE_ANEW = "source_made_anew", "warning", "the topic was made anew", "source partition offset first"
    SOURCE_MOVED = (
        "source_moved", "warning",
        "partitions moved to another member before their offsets were committed; some records come twice",
        "source partitions",
    )  # fmt: skip
    SOURCE_CUT_SHORT = (
        "source_cut_short", "warning", "source was cut short; what was in flight comes again", "source",
    )  # fmt: skip

    # enforce
    LEADING = "leading", "info", "leading", "holder fence"
    LEADING_NO_MORE = "leading_no_more", "info", "not leading any more", "holder"
    SESSIONS_ENDED = (
        "sessions_ended", "warning", "a holder let its lease run out within a transaction: its sessions are ended",
        "holder sessions",
    )  # fmt: skip
    ANOTHER_ACTS = "another_acts", "warning", "another process acts now", "reason"
    STILL_UNDER_WAY = (
        "still_under_way", "error", "stopped with something still under way: it comes again, under the same id",
    )  # fmt: skip
    NO_SINK_FOR_ACTIONS = (
        "no_sink_for_actions", "warning", "no sink takes actions: receivers are taken to pull the desired state",
    )  # fmt: skip
    DRY = (
        "dry", "warning",
        "dry: nothing is restricted and nothing is sent; pages and lifts wait for a start without --dry",
    )  # fmt: skip
    TROUBLE = "trouble", "warning", "a part cannot go on, and tries again", "part reason"
    GOES_ON = "goes_on", "info", "a part goes on", "part"
    PACK_IN_FORCE = "pack_in_force", "info", "pack in force", "pack"
    OTHER_PACK_RUNS = (
        "other_pack_runs", "warning", "the workers run another pack than enforcement", "pack reason in_force",
    )  # fmt: skip
    EVENTS_UNSEEN = (
        "events_unseen", "warning",
        "the events' topic cannot be seen: of a partition that nobody tells of nothing is known", "topic",
    )  # fmt: skip
    READ_AGAIN = "read_again", "warning", "read again from where the ledger is", "reason"
    NO_FACTS = "no_facts", "warning", "account facts are not to be had: unknown ones need a person"
    ACKNOWLEDGEMENTS_UNREAD = "acknowledgements_unread", "warning", "acknowledgements cannot be read", "sink reason"
    RECORD_REFUSED = (
        "record_refused", "warning", "records refused; topic, partition, offset and detail are the newest's",
        "reason records detail topic partition offset",
    )  # fmt: skip
    DECISION_MADE = (
        "decision_made", "info", "policy has decided on an alert",
        "alert revision rule clause outcome reason rung action",
    )  # fmt: skip
    MORE_DECISIONS = "more_decisions", "info", "more decisions are made than are told singly", "decisions"
    COMMAND_ANSWERED = "command_answered", "info", "a person's command is answered", "command verb ending"
    DELIVERED = "delivered", "info", "a message is delivered", "sink type attempt status action"
    NOT_DELIVERED = (
        "not_delivered", "warning", "a message is not delivered", "sink type attempt status action ending last",
    )  # fmt: skip
    PAGE_TROUBLE = "page_trouble", "warning", "the built-in page had trouble", "reason"
    REPORTS_TROUBLE = "reports_trouble", "warning", "the reports' intake had trouble", "reason"
    TAKING_REPORTS = "taking_reports", "info", "taking reports", "address"


Tell = Callable[..., None]
"""Hears an event and its fields, as `say` takes them after its log."""


def say(log: Any, event: LogEvent, /, **fields: object) -> None:
    """Log an event at its level. log: a structlog logger."""
    getattr(log, event.level)(event, **fields)


def in_words(event: LogEvent, **fields: object) -> str:
    """The same as a sentence, for a command that talks to a person."""
    told = ", ".join(f"{name} {value}" for name, value in fields.items())
    return f"{event.message} ({told})" if told else event.message
