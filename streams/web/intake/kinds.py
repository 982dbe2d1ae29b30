"""The kinds of report: what each asks for, and whose matter it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from streams.enforcement.people.roles import COUNTER_NOTICE, UNEXPECTED_BEHAVIOUR, VIOLATION
from streams.web.intake.field import CLAUSE, Field, Shape, contact, line, subject, text, tick


@dataclass(frozen=True)
class Kind:
    """id: as addresses and JSON call it; told: when it is the right one, in a sentence; about, clause, matter: what
    the report is to enforcement, as `report.add` says it.
    """

    id: str
    title: str
    told: str
    about: str
    fields: tuple[Field, ...]
    clause: str | None = None
    matter: str | None = None

    @property
    def urgent(self) -> bool:
        """Whether people are called at once."""
        return self.matter is not None


RIGHTS, LIKENESS = "infringing-works", "likeness"

_WHERE = "The address (URL) is best; several go on a line each. Else say what it is, and where you met it."
_NAME = line("name", "Your full name, which stands for your signature", "Signed", 200, True)
_ACCURATE = tick("accurate", "What I say here is accurate, and I know that a false notice can make me liable.",
                 "States that this is accurate")  # fmt: skip
_RELATION = {"own": "It is mine, or I am that person", "authorised": "I act for them, and they know of it",
             "other": "Neither"}  # fmt: skip

_ALL = (
    Kind("violation", "Somebody breaks the rules",
         "Spam, scams, harassment, hate, malware or anything else that our acceptable use policy forbids.", VIOLATION, (
        subject("Where did you see it, or what is it?", _WHERE),
        Field(CLAUSE, "Which rule is broken?", Shape.CLAUSE, "Clause", hint="If you are not sure, say so: we look."),
        text("What happened?", "In your own words. Leave out passwords and others' private data."),
        contact(),
    )),
    Kind("intellectual_property", "Notice: it uses my protected work",
         "A work, a character or another thing that you hold the rights to is copied or imitated.", VIOLATION, (
        text("Which work is it, and where can it be seen as you made it?", most=800, name="work", short="Work"),
        subject("Where is what infringes it?", _WHERE),
        Field("right", "Are you the holder of the rights?", Shape.CHOICE, "Holder of the rights", needed=True,
              options={"own": "I hold the rights", "authorised": "I am authorised to act for the holder"}),
        text("Anything else that we should know", most=800, needed=False),
        tick("good_faith", "I believe in good faith that this use is allowed neither by the holder of the rights, nor "
             "by who acts for them, nor by law.", "States good faith"),
        _ACCURATE, _NAME, contact(needed=True),
    ), clause=RIGHTS),
    Kind("counter_notice", "Counter-notice: something was taken down by mistake",
         "Something of yours was restricted after a notice, and you think that the notice was wrong.", COUNTER_NOTICE, (
        subject("Which case is it, or what was taken down?", "The case number if you were given one; else what it was, "
                "and where."),
        text("Why was it a mistake?", most=1_800),
        tick("good_faith", "I believe in good faith that it was taken down by mistake, or was taken for something "
             "else.", "States good faith"),
        _ACCURATE, _NAME, contact(needed=True),
    ), clause=RIGHTS),
    Kind("likeness", "It imitates a person without consent",
         "Somebody's name, face or voice is imitated without their consent.", VIOLATION, (
        subject("Where did you see or hear it?", _WHERE),
        line("person", "Who is imitated?", "Person", 200, True),
        Field("relation", "Who are you?", Shape.CHOICE, "Reported by", needed=True, options=_RELATION),
        text("What does it show or say, and how do you know that they did not agree?", most=1_800),
        contact(),
    ), clause=LIKENESS),
    Kind("intimate_imagery", "Intimate images without consent",
         "Intimate or sexual images of an adult who did not agree to it, real or generated. Read first.",
         VIOLATION, (
        subject("Where is it?", "The addresses (URLs), a line each, or how it can be found. Nothing more is needed. "
                "Do not send the images, and do not describe them."),
        contact(),
    ), matter="intimate_imagery"),
    Kind("child_safety", "A child is in danger or is shown sexually",
         "Sexual images or texts of anyone under 18, real or generated, or somebody who approaches a child. Read "
         "first.", VIOLATION, (
        subject("Where is it, or who is it?", "The addresses (URLs), a line each, or how it can be found. Do not send, "
                "copy or describe the material: that can harm the child again, and can be an offence."),
        text("Is a child known to be in danger, and what should we know to find them?", "Never what an image shows.",
             most=1_000, needed=False),
        contact(),
    ), matter="minors"),
    Kind("unexpected_behaviour", "A model does what it should not",
         "It answered in a way that nobody asked for: unsafe, strange or plainly wrong. It is held against nobody.",
         UNEXPECTED_BEHAVIOUR, (
        line("model", "Which model was it?", "Model", 200, hint="If you know it."),
        text("What did you ask, and what did it do?", "Leave out passwords and others' private data."),
        contact(),
    )),
)  # fmt: skip

KINDS = {kind.id: kind for kind in _ALL}
"""By id, in the order shown."""
