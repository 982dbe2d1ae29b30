"""Labelled campaigns: each does what its label says, when it says so."""

from __future__ import annotations

import polars as pl
import pytest

from streams.simulator import BLOCK_MS, Cloud, Label

START = 1_772_409_600_000
HOUR = 3_600_000
NEED_DAYS = {
    "slow spam, below a hundred recipients an hour", "slow scraper, a page a minute around the clock",
    "one key resold to many", "model copied by two dozen accounts",
}  # fmt: skip
ALWAYS = {
    "GPU miner in one pod of a large account": "cryptomining", "throttled miner behind port 443": "cryptomining",
    "miner in bursts": "cryptomining", "spam run from a new trial account": "spam",
    "API scraper walking the item list": "scraping", "stolen key": "unauthorised-use",
    "API scraper whose events come late, early and twice": "scraping", "account taken over": "unauthorised-use",
    "free-trial farm": "free-tier-farming", "model copied by one account": "model-extraction",
    "one end user of an app": "harassment",
}  # fmt: skip
CONTENT = "account that breaks a content clause"


def named(labels: list[Label], name: str) -> list[Label]:
    """The labels of a campaign."""
    return [label for label in labels if label.name == name]


def own(day: pl.DataFrame, label: Label) -> pl.DataFrame:
    """The events of a label's account, and of the one thing of it that is guilty."""
    of = day.filter(pl.col("account_id") == label.account_id)
    for column in ("workload_id", "end_user_id"):
        if (value := getattr(label, column)) is not None:
            of = of.filter(pl.col(column) == value)
    return of


def test_all_campaigns_run(day_labels: list[Label]) -> None:
    """In a day there is one campaign of every kind, however small the cloud, with the clause that it breaks."""
    guilty = {label.name: label.clause for label in day_labels if label.clause}
    assert set(guilty) == {*ALWAYS, *NEED_DAYS, CONTENT}
    assert {name: guilty[name] for name in ALWAYS} == ALWAYS
    assert guilty[CONTENT] in {"harassment", "hate", "violence", "malware", "scams", "sexual-exploitation"}


def test_each_is_active_within_its_label(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """At a label's start and end the account's first and last guilty event is delivered."""
    times_of = day.select("account_id", "workload_id", "end_user_id", "at")
    for label in day_labels:
        if label.clause and "late, early" not in label.name:
            times = own(times_of, label)["at"]
            assert (times == label.start).any(), label
            assert (times == label.end).any(), label


def test_accounts_that_only_offend_do_nothing_else(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Beside their sign-up, accounts without an honest side are active in the labelled span alone."""
    alone = {"throttled miner behind port 443", "miner in bursts", "API scraper walking the item list", CONTENT,
             "model copied by one account", "slow scraper, a page a minute around the clock"}  # fmt: skip
    for label in day_labels:
        if label.name in alone:
            times = own(day, label)["at"]
            assert (times.min(), times.max()) == (label.start, label.end), label


@pytest.mark.parametrize("hours", [0.1, 6.0])
def test_short_runs(hours: float) -> None:
    """Ten minutes are enough for every campaign but those that need days, of which labels say nothing."""
    cloud = Cloud(hours=hours, scale=0.01)
    end = START + cloud.blocks * BLOCK_MS
    guilty = [label for label in cloud.labels() if label.clause]
    assert {label.name for label in guilty} == {*ALWAYS, CONTENT}
    assert all(START <= label.start <= label.end < end for label in guilty)


def test_a_month() -> None:
    """In thirty days every kind is there, inside the run, and the slow ones last for days."""
    guilty = [label for label in Cloud(hours=720, scale=0.3).labels() if label.clause]
    assert {label.name for label in guilty} == {*ALWAYS, *NEED_DAYS, CONTENT}
    assert all(START <= label.start <= label.end < START + 720 * HOUR for label in guilty)
    assert max(label.end - label.start for label in named(guilty, next(iter(NEED_DAYS)))) > 19 * HOUR


def test_campaigns_start_at_any_time() -> None:
    """Over some seeds a kind of campaign starts in the first quarter of the run, and in the last half."""
    starts: dict[str, list[float]] = {}
    for seed in range(12):
        for label in Cloud(seed=seed, hours=26, scale=0.3).labels():
            if label.clause and label.name not in NEED_DAYS:
                starts.setdefault(label.name, []).append((label.start - START) / (26 * HOUR))
    short = {"spam run from a new trial account", "API scraper walking the item list", "free-trial farm", "stolen key"}
    assert all(min(starts[name]) < 0.25 and max(starts[name]) > 0.5 for name in short), starts


def test_the_labelled_pod_is_one_of_many(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """The miner in the large account sits beside twenty honest pods, and an account like it is clean."""
    large = [label for label in day_labels if "large account" in label.name]
    assert sorted(label.clause for label in large) == ["", "cryptomining"]
    for label in large:
        pods = day.filter(pl.col("account_id") == label.account_id)["workload_id"].drop_nulls()
        assert pods.n_unique() > 20


def test_miners_serve_nothing(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """A mining pod is an endpoint without output; busy throughout, or for under half an hour at a time."""
    for label in day_labels:
        if label.clause == "cryptomining":
            samples = own(day, label).filter(pl.col("type") == "compute").sort("at")
            assert samples["served"].to_list() == [0] * samples.height
            assert set(samples["product"]) == {"endpoint"}
            working = samples.filter(pl.col("gpu_util") > 0.5)
            assert working.height > 0.97 * samples.height or 0.1 < working.height / samples.height < 0.5
            pauses = working["at"].diff().drop_nulls() > 20 * 60_000
            assert pauses.any() == (label.name == "miner in bursts")


def test_slow_spam_stays_low(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """The slow spammer writes to fewer than a hundred people in any hour, for most of a day."""
    (label,) = named(day_labels, "slow spam, below a hundred recipients an hour")
    hourly = own(day, label).filter(pl.col("type") == "message").group_by(pl.col("at") // HOUR).agg(
        pl.col("recipients").sum())  # fmt: skip
    assert hourly["recipients"].max() < 100  # type: ignore[operator]
    assert hourly.height > 15


def test_a_stolen_key_goes_through_its_stages(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Models listed, tiny probes, a burst of 4xx, then hours of the dearest models; the owner works on elsewhere."""
    (label,) = named(day_labels, "stolen key")
    assert label.victim
    used = day.filter((pl.col("api_key_id") == label.api_key_id) & (pl.col("type") == "inference")).sort("at")
    thief = used.filter(pl.col("asn").str.contains("AS655"))
    assert thief["operation"][0] == "list_models"
    probes = thief.filter((pl.col("max_tokens") == 1) & (pl.col("status") == 200))
    refused = thief.filter((pl.col("max_tokens") == 1) & pl.col("status").is_between(400, 499))
    taken = thief.filter(pl.col("max_tokens") > 1)
    assert probes["at"].max() < refused["at"].min() <= refused["at"].max() < taken["at"].min()  # type: ignore[operator]
    assert refused.height >= 20
    assert set(taken["model"]) == {"large-chat", "frontier-chat"}
    assert (taken["status"] == 200).mean() > 0.9  # type: ignore[operator]
    owner = used.filter(~pl.col("asn").str.contains("AS655"))
    assert 0 < owner.height < taken.height / 10
    assert set(owner["country"]).isdisjoint(thief["country"])


def test_a_takeover_goes_through_its_stages(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Failures and then a success from one new device, new keys, a higher limit, usage with the new key."""
    (label,) = named(day_labels, "account taken over")
    of = day.filter(pl.col("account_id") == label.account_id).sort("at")
    device = of.filter((pl.col("type") == "key") & (pl.col("operation") == "create"))["device_fingerprint"][0]
    tries = of.filter((pl.col("type") == "auth") & (pl.col("device_fingerprint") == device))
    assert tries["outcome"].to_list() == ["failure"] * (tries.height - 1) + ["success"]
    assert tries.height > 5
    keys = of.filter((pl.col("type") == "key") & (pl.col("device_fingerprint") == device))
    raised = of.filter((pl.col("type") == "billing") & (pl.col("device_fingerprint") == device))
    usage = of.filter((pl.col("type") == "inference") & (pl.col("api_key_id") == label.api_key_id))
    assert tries["at"].max() < keys["at"].min() < raised["at"].min() < usage["at"].min()  # type: ignore[operator]
    assert raised["spend_limit_usd"].min() >= 1_000  # type: ignore[operator]
    assert label.victim


def test_a_farm_burns_its_credit(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Tens of accounts, evenly spaced, one device and image; eight GPUs within minutes, no credit within the hour."""
    farm = [label.account_id for label in named(day_labels, "free-trial farm")]
    of = day.filter(pl.col("account_id").is_in(farm))
    joined = of.filter(pl.col("type") == "signup").sort("at")
    assert joined.height == len(farm) >= 16
    gaps = joined["at"].diff().drop_nulls()
    assert gaps.std() / gaps.mean() < 0.1  # type: ignore[operator]
    assert joined["device_fingerprint"].n_unique() == 1
    jobs = of.filter(pl.col("phase") == "start").join(joined.select("account_id", since="at"), on="account_id")
    assert jobs["image_digest"].n_unique() == 1
    assert set(jobs["gpus_requested"]) == {8}
    assert (jobs["at"] - jobs["since"]).max() < 4 * 60_000  # type: ignore[operator]
    spent = of.filter(pl.col("credit_balance_usd") == 0).join(joined.select("account_id", since="at"), on="account_id")
    assert spent["account_id"].n_unique() == len(farm)
    assert (spent["at"] - spent["since"]).max() < HOUR  # type: ignore[operator]
    last = of.group_by("account_id").agg(pl.col("at").max() - pl.col("at").min())
    assert last["at"].max() < HOUR  # type: ignore[operator]


def test_a_cluster_asks_little_each(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """24 accounts, about 26 requests a day each, always with log probabilities, single turns, one TLS fingerprint."""
    cluster = named(day_labels, "model copied by two dozen accounts")
    assert len(cluster) == 24
    asked = day.filter(
        pl.col("account_id").is_in([label.account_id for label in cluster]) & (pl.col("type") == "inference")
    )
    hours = (cluster[0].end - cluster[0].start) / HOUR
    assert 20 < asked.height / 24 / hours * 24 < 32
    assert asked["logprobs"].all()
    assert set(asked["conversation_turns"]) == {1}
    assert set(asked["n"]) == {4}
    assert asked["ja4"].n_unique() == 1
    assert asked["prompt_fingerprint"].n_unique() == asked.height
    assert asked["source_ip"].n_unique() > 0.9 * asked.height


def test_a_resold_key_is_everywhere(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """One key, in use around the clock from dozens of addresses, many countries and programs."""
    (label,) = named(day_labels, "one key resold to many")
    used = day.filter((pl.col("api_key_id") == label.api_key_id) & (pl.col("type") == "inference"))
    assert used["source_ip"].n_unique() >= 40
    assert used["country"].n_unique() > 8
    assert used["user_agent"].n_unique() > 4
    hours = used.group_by(pl.col("at") // HOUR).len()
    assert hours.height >= (label.end - label.start) // HOUR - 1


def test_content_is_flagged(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """30–80 % of what classifiers saw of an offender is flagged; of an app, only one end user's is."""
    (account,), (user,) = (named(day_labels, name) for name in (CONTENT, "one end user of an app"))
    for label in (account, user):
        seen = own(day, label).filter(pl.col("type") == "moderation")
        assert 0.2 < (seen["outcome"] == "flagged").mean() < 0.9  # type: ignore[operator]
        assert seen.height > 20
    app = day.filter((pl.col("account_id") == user.account_id) & (pl.col("type") == "moderation"))
    others = app.filter(pl.col("end_user_id") != user.end_user_id)
    assert others["end_user_id"].n_unique() > 50
    assert (others["outcome"] == "flagged").mean() < 0.25  # type: ignore[operator]


def test_reports_bomb_somebody_innocent(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Dozens of reports within an hour, a reporter each, against an account that is labelled honest."""
    (label,) = named(day_labels, "interactive chat user, bombed by reports")
    assert label.clause == ""
    reports = day.filter((pl.col("account_id") == label.account_id) & (pl.col("type") == "report"))
    assert 30 <= reports.height <= 62
    assert reports["reporter_id"].n_unique() == reports.height
    middle = reports["at"].median()
    assert ((reports["at"] - middle).abs() < HOUR).sum() >= 30


def test_time_is_played_with(day: pl.DataFrame, day_labels: list[Label]) -> None:
    """Of the liar's events many come minutes late, some say hours ago, some are 50 s ahead, some come twice."""
    (label,) = named(day_labels, "API scraper whose events come late, early and twice")
    cloud = Cloud(seed=11, hours=26, scale=0.4)
    parts = pl.concat([part for number in range(cloud.blocks) for part in cloud.parts(number)])
    lied = day.with_columns(arrival=parts["arrival"]).filter(pl.col("account_id") == label.account_id)
    lag = lied["arrival"] - lied["at"]
    share = [
        ((lag >= least) & (lag < most)).mean() for least, most in ((60_000, HOUR), (HOUR, 10 * HOUR), (-60_000, 0))
    ]
    assert 0.3 < share[0] < 0.6  # type: ignore[operator]
    assert 0.05 < share[1] < 0.2  # type: ignore[operator]
    assert 0.08 < share[2] < 0.25  # type: ignore[operator]
    assert lag.min() >= -50_000  # type: ignore[operator]
    assert 0.02 < 1 - lied["id"].n_unique() / lied.height < 0.08
    assert label.start <= lied["arrival"].min() <= lied["arrival"].max() <= label.end  # type: ignore[operator]
