"""The pack's models, learnt from the first part alone, by the parts of `tipstaff models train anomaly`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from streams.history.model_training import ModelTraining
from streams.history.stored import in_files
from streams.history.training import TooLittle
from streams.pack import Pack
from streams.session import Input
from streams.settings import Settings


@dataclass(frozen=True)
class Schooled:
    """The pack with what could be learnt, and in words what each model learnt or why it did not."""

    pack: Pack
    about: dict[str, str]


def schooled(pack: Pack, files: list[str], seed: int) -> Schooled:
    """Learn every model of the pack from honest events."""
    training = ModelTraining(in_files(Input(tuple(files))), pack, pack.models, Settings(), (), seed)
    training.read(lambda _: None)
    learnt, about = [], {}
    for declared in pack.models:
        try:
            taught = training.learn(declared)
        except TooLittle as error:
            about[declared.id] = f"not learnt: {error}"
            continue
        learnt.append(taught.model)
        groups = taught.learnt.figures.items()
        about[declared.id] = "; ".join(
            f"{plan}: {told['entities']} entities, {told['held_back_days']} days held back" for plan, told in groups
        )
    return Schooled(replace(pack, learnt=tuple(learnt)), about)
