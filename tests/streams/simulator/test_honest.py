"""Honest tenants: hard to tell from abuse by any one sign, and told apart by what they are."""

from __future__ import annotations

import polars as pl
import pytest

from streams.simulator import Cloud
from streams.simulator.honest import KINDS

HOUR = 3_600_000


def of(day: pl.DataFrame, name: str, kind: str = "inference") -> pl.DataFrame:
    """The events of a type of all tenants of this name."""
    found = day.filter((pl.col("name") == name) & (pl.col("type") == kind))
    assert found.height
    return found


def test_every_kind_is_there(day: pl.DataFrame) -> None:
    """However small the cloud, each honest kind has an account that does something."""
    assert {"office behind one address", "class that signed up together", "rendering studio", "evaluation harness",
            "moderation company", "app with many end users", "serverless customer, one key", "permitted crawler",
            "global firm, one key in five countries", "customer whose SDK retries", "nightly batch job",
            "customer going over to a new model", "customer who grows several times over", "newsletter with consent",
            "transactional mail", "interactive chat user", "API customer", "polling dashboard", "web visitor",
            "training on raw GPUs", "inference endpoint", "large account, training and serving",
            } <= set(day["name"])  # fmt: skip
    assert len(KINDS) == 21


def test_classifiers_are_wrong_as_often_as_published() -> None:
    """Of a large honest cloud, about 4.0 % of answers and 5.7 % of prompts are flagged, unevenly over accounts."""
    cloud = Cloud(hours=1, accounts=30_000, start=1_772_452_800_000, abuse_share=0)
    names = cloud.label_frame().select("account_id", "name")
    parts = [part.filter(pl.col("line").str.contains('"type":"moderation"')) for part in cloud.parts(0)]
    events = pl.concat(parts)["line"].str.json_decode(pl.Struct(
        {"account_id": pl.String, "direction": pl.String, "outcome": pl.String, "label": pl.String,
         "taxonomy": pl.String, "version": pl.String})).struct.unnest().join(names, on="account_id")  # fmt: skip
    judged = events.filter(pl.col("name") == "interactive chat user")
    share = {direction: (judged.filter(pl.col("direction") == direction)["outcome"] == "flagged").mean()
             for direction in ("answer", "prompt")}  # fmt: skip
    assert share["answer"] == pytest.approx(0.040, abs=0.012)
    assert share["prompt"] == pytest.approx(0.057, abs=0.015)
    assert set(events["taxonomy"]) == {"llama-guard"}
    assert set(events["version"]) == {"3"}
    flagged = events.filter(pl.col("outcome") == "flagged")
    assert set(flagged["label"]) <= {f"S{number}" for number in range(1, 15)}
    assert events.filter(pl.col("outcome") == "clean")["label"].count() == 0


def test_moderation_companies_ask_about_abuse(day: pl.DataFrame) -> None:
    """Their prompts are flagged 20–40 % of the time, their answers hardly ever."""
    seen = of(day, "moderation company", "moderation")
    prompts, answers = (seen.filter(pl.col("direction") == one)["outcome"] == "flagged" for one in ("prompt", "answer"))
    assert 0.15 < prompts.mean() < 0.45  # type: ignore[operator]
    assert answers.mean() < 0.03  # type: ignore[operator]


def test_an_office_has_one_address(day: pl.DataFrame) -> None:
    """Dozens of accounts share an address and a TLS fingerprint."""
    asked = of(day, "office behind one address")
    assert asked["source_ip"].n_unique() == asked["ja4"].n_unique() == 1
    assert asked["account_id"].n_unique() > 5


def test_a_class_signs_up_together(day: pl.DataFrame) -> None:
    """Within an hour, with one TLS fingerprint and one image, each on a device of its own, and of little use."""
    joined, jobs = (of(day, "class that signed up together", kind) for kind in ("signup", "compute"))
    assert joined["at"].max() - joined["at"].min() < HOUR  # type: ignore[operator]
    assert joined["ja4"].n_unique() == joined["source_ip"].n_unique() == jobs["image_digest"].n_unique() == 1
    assert joined["device_fingerprint"].n_unique() == joined.height > 5
    assert jobs.filter(pl.col("phase") == "start")["gpus_requested"].max() == 1


def test_renderings_look_like_mining(day: pl.DataFrame) -> None:
    """GPUs at 100 % for hours, flat, nothing served; but raw GPUs, and frames that leave."""
    samples = of(day, "rendering studio", "compute").filter(pl.col("phase") == "sample")
    assert samples["gpu_util"].min() > 0.95  # type: ignore[operator]
    assert samples["served"].count() == 0
    assert set(samples["product"]) == {"gpu"}
    assert of(day, "rendering studio", "network")["bytes_out"].mean() > 1e8  # type: ignore[operator]


def test_evaluations_repeat_their_questions(day: pl.DataFrame) -> None:
    """Thousands of single turns with log probabilities, over several models and temperatures, each question again."""
    asked = of(day, "evaluation harness")
    assert asked["logprobs"].all()
    assert set(asked["conversation_turns"]) == {1}
    assert asked["model"].n_unique() > 2
    assert asked["prompt_fingerprint"].n_unique() < asked.height / 2
    assert asked["max_tokens"].min() >= 4096  # type: ignore[operator]


def test_one_key_many_addresses(day: pl.DataFrame) -> None:
    """A serverless customer has many addresses in one provider's networks; a global firm few in five countries."""
    functions = of(day, "serverless customer, one key")
    key = functions.filter(pl.col("api_key_id") == functions["api_key_id"].mode()[0])
    assert key["source_ip"].n_unique() > 20
    assert 2 <= key["asn"].n_unique() <= 4
    firm = of(day, "global firm, one key in five countries")
    assert firm["country"].n_unique() >= 5
    assert firm["source_ip"].n_unique() <= 30 * firm["account_id"].n_unique()


def test_retries_repeat_the_prompt(day: pl.DataFrame) -> None:
    """A burst of 429 and 503 is one prompt tried again until it is served."""
    asked = of(day, "customer whose SDK retries").sort("at")
    again = asked.group_by("account_id", "prompt_fingerprint", maintain_order=True).agg("status", "at").filter(
        pl.col("status").list.len() > 1)  # fmt: skip
    assert again.height > 3
    for statuses in again["status"].to_list():
        assert set(statuses[:-1]) <= {429, 503}


def test_migrants_go_over(day: pl.DataFrame) -> None:
    """Each customer who goes over to the new model uses nothing else from some moment on."""
    asked = of(day, "customer going over to a new model").sort("at")
    for _, own in asked.group_by("account_id"):
        new = (own["model"] == "medium-chat-2").to_list()
        assert new == sorted(new)
    assert asked["model"].n_unique() > 1


def test_growers_grow() -> None:
    """On the last day of a week growers ask at least twice as often as on the first."""
    cloud = Cloud(seed=5, hours=168, scale=0.3, abuse_share=0)
    names = cloud.label_frame().filter(pl.col("name") == "customer who grows several times over")["account_id"]
    chosen = [*range(0, 144, 12), *range(864, 1008, 12)]
    whose = [part["line"].str.extract(r'"account_id":"([^"]+)') for number in chosen for part in cloud.parts(number)]
    counts = [int(accounts.is_in(names.implode()).sum()) for accounts in whose]
    assert sum(counts[12:]) > 1.7 * sum(counts[:12])


def test_honest_people_log_in_and_fail_now_and_then(day: pl.DataFrame) -> None:
    """Most logins succeed, a few only after a failure or two, and some come from a tunnel in another country."""
    logins = day.filter((pl.col("type") == "auth") & (pl.col("name") != "account taken over"))
    assert 0.85 < (logins["outcome"] == "success").mean() < 0.999  # type: ignore[operator]
    assert logins["device_fingerprint"].null_count() == 0
