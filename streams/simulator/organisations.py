"""One key, many addresses, all honest: serverless customers, firms in five countries, apps with many end users."""

from __future__ import annotations

import numpy as np

from streams.simulator.callers import Callers, habits, rhythm
from streams.simulator.clients import NODE, PYTHON, SDKS
from streams.simulator.draw import MINUTE, Generator, Ints, hashed, noise, sizes, whole
from streams.simulator.networks import CLOUD, COUNTRIES, ZONES, homes, hosted
from streams.simulator.rhythm import daylight
from streams.simulator.tenants import Column, Setting, Tenants, aged, settle
from streams.simulator.texts import joined, marks
from streams.simulator.verdicts import harmless

_SITES = 5
_LIFE = 15 * MINUTE
END_USERS, MOST_END_USERS = 2_000, 200_000
"""End users of an app in a cloud of some hundred accounts, and in the largest."""


def serverless(setting: Setting, rng: Generator, count: int) -> Callers:
    """Functions that run for some minutes, each with an address of its own in one provider's networks."""
    tenants = settle(rng, "serverless customer, one key", aged(rng, setting, count), ("pro", "team"), (NODE, PYTHON),
                     keyed=True)  # fmt: skip
    running = whole(rng, 4, 20, count)

    def placed(_rng: Generator, who: Ints, time: Ints) -> dict[str, Column]:
        instance = (noise(tenants.salt + 6, who, time) * running[who]).astype(np.int64)
        return dict(hosted(hashed(tenants.salt + 7, who, instance, time // _LIFE), CLOUD, COUNTRIES[:2]))

    peak = sizes(rng, 30.0, 0.5, count, 150).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count), more=placed)


def global_firms(setting: Setting, rng: Generator, count: int) -> Callers:
    """Firms whose one key is used at five sites, each by its own day."""
    tenants = settle(rng, "global firm, one key in five countries", aged(rng, setting, count, 700), ("enterprise",),
                     SDKS, keyed=True)  # fmt: skip
    first, zones = whole(rng, 0, len(COUNTRIES), count), np.array(ZONES)

    def placed(rng: Generator, who: Ints, time: Ints) -> dict[str, Column]:
        lands = (first[who][:, None] + np.arange(_SITES)) % len(COUNTRIES)
        awake = np.cumsum(daylight(time, zones)[np.arange(len(who))[:, None], lands], axis=1)
        site = (rng.random((len(who), 1)) * awake[:, -1:] > awake).sum(axis=1)
        desk = whole(rng, 0, 6, len(who))
        return dict(homes(hashed(tenants.salt + 6, who, site, desk), lands[np.arange(len(who)), site]))

    peak = sizes(rng, 60.0, 0.4, count, 250).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count), more=placed)


def apps(setting: Setting, rng: Generator, count: int) -> Callers:
    """Apps that pass on which of their own users asks; few of these ask often, most rarely."""
    tenants = settle(rng, "app with many end users", aged(rng, setting, count, 400), ("team", "enterprise"),
                     (NODE, PYTHON), keyed=True)  # fmt: skip
    return serving(setting, rng, tenants)


def serving(setting: Setting, rng: Generator, tenants: Tenants) -> Callers:
    """Requests of an app's users, half of them looked at by a classifier."""
    count, users = len(tenants), end_users(setting)

    def passed_on(rng: Generator, who: Ints, _time: Ints) -> dict[str, Column]:
        user = (users * rng.random(len(who)) ** 2.5).astype(np.int64)
        return {"end_user_id": joined("eu-", marks(hashed(tenants.salt + 6, who, user), 12))}

    peak = sizes(rng, 45.0, 0.4, count, 200).astype(np.float64)
    return Callers(tenants, rhythm(setting, rng, tenants, peak), *habits(rng, count),
                   judged=harmless(rng, tenants.salt, count, 0.5), more=passed_on)  # fmt: skip


def end_users(setting: Setting) -> int:
    """How many end users an app has in a cloud of this size."""
    return min(MOST_END_USERS, max(END_USERS, setting.accounts * 5))
