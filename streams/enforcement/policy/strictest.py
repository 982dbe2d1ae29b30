"""What holds where a policy says nothing: the strictest limits, no ladder, nothing but pages."""

from __future__ import annotations

from typing import Any

LAYERED_WHOLE = ("clauses", "ladders")
"""Keys below which each entry is taken as a whole: half a ladder of ours under half of yours would be nobody's."""

STRICTEST: dict[str, Any] = {
    "people": 2,
    "alone": {"*": "30m", "terminate": "24h"},
    "open": "24h",
    "strike_decay": "180d",
    "mute": "30d",
    "narrower_tries": 3,
    "narrower_within": "24h",
    "end_user_deadline": "72h",
    "lag": "15m",
    "campaign_per_hour": 100,
    "reactions": {"info": "page", "low": "page", "medium": "page", "high": "page", "critical": "page"},
    "rungs": {
        "notice": {"lasts": "24h", "not_after": "3d", "cooldown": "48h", "evidence_age": "24h", "purse": "notice",
                   "lifts": "expires", "strikes": 1},
        "throttle": {"lasts": "1h", "not_after": "5m", "cooldown": "1h", "evidence_age": "15m", "purse": "throttle",
                     "lifts": "expires"},
        "quarantine_key": {"lasts": "24h", "not_after": "15m", "cooldown": "24h", "evidence_age": "15m",
                           "purse": "narrow", "lifts": "owner"},
        "stop_workload": {"lasts": "24h", "not_after": "15m", "cooldown": "24h", "evidence_age": "15m",
                          "purse": "narrow", "lifts": "owner"},
        "suspend": {"lasts": "72h", "not_after": "60m", "cooldown": "72h", "evidence_age": "15m", "purse": "suspend",
                    "lifts": "person"},
        "terminate": {"lasts": "until lifted", "not_after": "24h", "cooldown": "0s", "evidence_age": "15m",
                      "purse": "suspend", "lifts": "person", "people": 2},
        "contain": {"lasts": "until lifted", "not_after": "30d", "cooldown": "0s", "evidence_age": "24h",
                    "purse": "contain", "lifts": "person"},
    },
    "ladders": {},
    "clauses": {},
    "protections": {"older_than": "90d", "spend_usd_90d": 1, "dependants": 1},
    "unknown_facts": {"*": []},
    "budgets": {
        "notice": {"rule_per_hour": 20}, "throttle": {"rule_per_hour": 5}, "narrow": {"rule_per_hour": 5},
        "suspend": {"rule_per_hour": 1, "clause_per_hour": 1, "per_hour": 1},
    },
    "reporters": {
        "trusted": [], "distrusted": [], "known_from": 0.5, "distrusted_below": 0.1,
        "due": {"trusted": "24h", "known": "24h", "unknown": "24h", "distrusted": "24h"},
    },
    "models": {"per_day": 5},
    "stages": {},
    "demote_above_forecast": 3.0,
    "demote_overturns": 2,
    "demote_within": "7d",
    "appeal_url": "",
    "terms_url": "",
    "canary_salt": "tipstaff",
}  # fmt: skip
"""A whole declaration, as policy.yaml would have it."""


def laid_over(under: Any, over: Any, path: tuple[str, ...] = ()) -> Any:
    """A declaration with another one laid over it: key by key, and entry by entry below LAYERED_WHOLE."""
    mappings = isinstance(under, dict) and isinstance(over, dict)
    if not mappings or (len(path) == 2 and path[0] in LAYERED_WHOLE):
        return over
    return {key: laid_over(under[key], over[key], (*path, key)) if key in under and key in over
            else over.get(key, under.get(key)) for key in {**under, **over}}  # fmt: skip
