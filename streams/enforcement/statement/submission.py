"""The DSA Transparency Database's record of one restriction: its fields and their limits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from streams.enforcement.policy.declared_clauses import CATEGORIES

MOST_EXPLANATION, MOST_FACTS, MOST_SHORT = 2_000, 5_000, 500
"""How many characters its free texts may have."""

CATEGORY = "STATEMENT_CATEGORY_"
"""What its categories begin with; a policy names them without it."""

_FIRST_CONTENT, _FIRST, _LAST = date(2000, 1, 1), date(2020, 1, 1), date(2038, 1, 1)

_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_SHORT)]
_Explanation = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_EXPLANATION)]
_Facts = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_FACTS)]
_Puid = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_SHORT, pattern=r"^[a-zA-Z0-9\-_]+\Z")]
_YesNo = Literal["Yes", "No"]
_Visibility = Literal[
    "DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_CONTENT_DISABLED",
    "DECISION_VISIBILITY_CONTENT_DEMOTED", "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
    "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED", "DECISION_VISIBILITY_CONTENT_LABELLED",
    "DECISION_VISIBILITY_OTHER",
]  # fmt: skip
_Content = Literal[
    "CONTENT_TYPE_APP", "CONTENT_TYPE_AUDIO", "CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT",
    "CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_TEXT", "CONTENT_TYPE_VIDEO", "CONTENT_TYPE_OTHER",
]  # fmt: skip
_Ended = ("account", "monetary", "service", "visibility")


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One statement, by the names of the database. Dates are Y-m-d."""

    decision_visibility: Annotated[list[_Visibility], msgspec.Meta(min_length=1)] | None = None
    decision_visibility_other: _Short | None = None
    decision_monetary: Literal[
        "DECISION_MONETARY_SUSPENSION", "DECISION_MONETARY_TERMINATION", "DECISION_MONETARY_OTHER"
    ] | None = None  # fmt: skip
    decision_monetary_other: _Short | None = None
    decision_provision: Literal[
        "DECISION_PROVISION_PARTIAL_SUSPENSION", "DECISION_PROVISION_TOTAL_SUSPENSION",
        "DECISION_PROVISION_PARTIAL_TERMINATION", "DECISION_PROVISION_TOTAL_TERMINATION",
    ] | None = None  # fmt: skip
    decision_account: Literal["DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"] | None = None
    account_type: Literal["ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"] | None = None
    decision_ground: Literal["DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"]
    decision_ground_reference_url: _Short | None = None
    illegal_content_legal_ground: _Short | None = None
    illegal_content_explanation: _Explanation | None = None
    incompatible_content_ground: _Short | None = None
    incompatible_content_explanation: _Explanation | None = None
    incompatible_content_illegal: _YesNo | None = None
    content_type: Annotated[list[_Content], msgspec.Meta(min_length=1)]
    content_type_other: _Short | None = None
    category: str
    content_date: date
    application_date: date
    end_date_account_restriction: date | None = None
    end_date_monetary_restriction: date | None = None
    end_date_service_restriction: date | None = None
    end_date_visibility_restriction: date | None = None
    decision_facts: _Facts
    source_type: Literal["SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION",
                         "SOURCE_VOLUNTARY"]  # fmt: skip
    source_identity: _Short | None = None
    automated_detection: _YesNo
    automated_decision: Literal["AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY",
                                "AUTOMATED_DECISION_NOT_AUTOMATED"]  # fmt: skip
    puid: _Puid

    def __post_init__(self) -> None:
        wrong = self._of_decision() or self._of_ground() or self._of_content() or self._of_dates()
        if wrong:
            raise ValueError(wrong)

    def _of_decision(self) -> str | None:
        if not (self.decision_visibility or self.decision_monetary or self.decision_provision or self.decision_account):
            return "one of decision_visibility, decision_monetary, decision_provision, decision_account is needed"
        shown = "DECISION_VISIBILITY_OTHER" in (self.decision_visibility or ())
        paid = self.decision_monetary == "DECISION_MONETARY_OTHER"
        return _paired("decision_visibility_other", self.decision_visibility_other, shown) or _paired(
            "decision_monetary_other", self.decision_monetary_other, paid)  # fmt: skip

    def _of_ground(self) -> str | None:
        illegal = self.decision_ground == "DECISION_GROUND_ILLEGAL_CONTENT"
        grounds = (
            ("illegal_content_legal_ground", illegal), ("illegal_content_explanation", illegal),
            ("incompatible_content_ground", not illegal), ("incompatible_content_explanation", not illegal),
        )  # fmt: skip
        if illegal and self.incompatible_content_illegal is not None:
            return "incompatible_content_illegal goes with incompatible content"
        return next((wrong for name, needed in grounds if (wrong := _paired(name, getattr(self, name), needed))), None)

    def _of_content(self) -> str | None:
        if self.category.removeprefix(CATEGORY) not in CATEGORIES or not self.category.startswith(CATEGORY):
            return f"there is no category {self.category[:80]!r}"
        if self.source_identity is not None and self.source_type == "SOURCE_VOLUNTARY":
            return "source_identity goes with a notice, not with SOURCE_VOLUNTARY"
        return _paired("content_type_other", self.content_type_other, "CONTENT_TYPE_OTHER" in self.content_type)

    def _of_dates(self) -> str | None:
        if not _FIRST_CONTENT <= self.content_date <= _LAST:
            return f"content_date is not between {_FIRST_CONTENT} and {_LAST}"
        if not _FIRST <= self.application_date <= _LAST:
            return f"application_date is not between {_FIRST} and {_LAST}"
        for name in _Ended:
            end = getattr(self, f"end_date_{name}_restriction")
            if end is not None and not self.application_date <= end <= _LAST:
                return f"end_date_{name}_restriction is not between application_date and {_LAST}"
        return None


def _paired(name: str, value: str | None, needed: bool) -> str | None:
    if needed == (value is not None):
        return None
    return f"{name} is needed here" if needed else f"{name} goes with another choice"
