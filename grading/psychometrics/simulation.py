"""Simulated candidates whose true values are known: who they are, what they choose, how long it takes, and who cheats.

Right or wrong follows the three-parameter logistic model (Birnbaum 1968), which wrong response it is a nominal model that hangs
on ability (Suh & Bolt 2010), the time the lognormal model (van der Linden 2006). docs/simulation.md explains every model and
figure. Everything is drawn from the generator that is handed in: the same seed gives the same people, items and responses.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

NOBODY: Final = -1
RIGHT: Final = 0
OMITTED: Final = -1
NOT_REACHED: Final = -2

KNOWN_CHANCE: Final = 0.95
"""Chance to remember the answer to an item that was known beforehand (as in McLeod, Lewis & Thissen 2003)."""

KNOWN_TIME: Final = 0.4
COPIED_TIME: Final = 0.6
"""Share of the usual time that an item known beforehand, or a copied answer, takes."""

SEATS_AWAY: Final = 1
"""How far a copier sees among those with the same form; where forms alternate this is every other seat."""


@dataclass(frozen=True)
class Population:
    """What candidates are drawn from; speeds and abilities are jointly normal (van der Linden 2007)."""

    theta_mean_logit: float = 0.0
    theta_sd_logit: float = 1.0
    speed_sd: float = 0.2
    speed_correlation: float = 0.3
    omit_mean_logit: float = -3.0
    omit_sd_logit: float = 1.0
    copiers: float = 0.0
    copied_least: float = 0.4
    copied_most: float = 0.8
    informed: float = 0.0


@dataclass(frozen=True)
class People:
    """n candidates in seating order; every field has the shape (n,).

    `speed` is τ: positive for fast ones, in log seconds. `omit_logit` is the tendency to leave out what one does not know.
    `copied_share` is the share of items somebody copies when there is a `source`, the row of whom they copy from (−1: nobody).
    `leak` is the row of `Items.leaked` that somebody knew beforehand (−1: none).
    """

    theta_logit: Floats
    speed: Floats
    omit_logit: Floats
    copied_share: Floats
    source: Whole
    leak: Whole

    def __len__(self) -> int:
        return len(self.theta_logit)

    def take(self, rows: ArrayLike) -> "People":
        """Those in `rows`, in that order, on their seats: copiers look for the ablest neighbour anew."""
        kept = np.asarray(rows, dtype=np.int64)
        return _seat(People(*(getattr(self, name)[kept] for name in self.__dataclass_fields__)))

    def honest(self) -> "People":
        """The same people where nobody copies and nothing is known beforehand."""
        nobody = np.full(len(self), NOBODY)
        return replace(self, copied_share=np.zeros(len(self)), source=nobody, leak=nobody)

    def learned(self, gain_logit: float) -> "People":
        """The same people with `gain_logit` more ability."""
        return replace(self, theta_logit=self.theta_logit + gain_logit)


def draw_people(n: int, rng: Generator, population: Population | None = None) -> People:
    """Draw `n` candidates: exactly the population's shares of copiers and of informed ones, rounded; nobody is both."""
    of = population or Population()
    ability, own_speed = rng.standard_normal((2, n))
    common = of.speed_correlation
    omit_logit = rng.normal(of.omit_mean_logit, of.omit_sd_logit, n)
    copied_share, leak = np.zeros(n), np.full(n, NOBODY)
    drawn, copiers = rng.permutation(n), round(n * of.copiers)
    copied_share[drawn[:copiers]] = rng.uniform(of.copied_least, of.copied_most, copiers)
    leak[drawn[copiers : copiers + round(n * of.informed)]] = 0
    people = People(
        theta_logit=of.theta_mean_logit + of.theta_sd_logit * ability,
        speed=of.speed_sd * (common * ability + np.sqrt(1 - common**2) * own_speed),
        omit_logit=omit_logit,
        copied_share=copied_share,
        source=np.full(n, NOBODY),
        leak=leak,
    )
    return _seat(people)


def _seat(people: People) -> People:
    """Give every copier the ablest honest neighbour as source, or nobody where all neighbours copy themselves."""
    steps = np.array([step for step in range(-SEATS_AWAY, SEATS_AWAY + 1) if step])
    neighbours = np.arange(len(people))[:, None] + steps
    seated = neighbours.clip(0, max(0, len(people) - 1))
    honest = (seated == neighbours) & (people.copied_share[seated] == 0)
    ability = np.where(honest, people.theta_logit[seated], -np.inf)
    ablest = np.take_along_axis(seated, ability.argmax(axis=1)[:, None], axis=1)[:, 0]
    return replace(people, source=np.where((people.copied_share > 0) & honest.any(axis=1), ablest, NOBODY))


@dataclass(frozen=True)
class Estimates:
    """What authors say of k items; every field has the shape (k,).

    `guess` is the chance of a blind guess, `wrong` how many wrong responses there are, `time_s` the time a typical candidate
    needs. The wrong responses of `graded` items run from a near miss to far off, those of others from plausible to absurd.
    """

    b_logit: Floats
    guess: Floats
    time_s: Floats
    wrong: Whole
    graded: Flags


@dataclass(frozen=True)
class Items:
    """True parameters of k items.

    `a`, `b_logit`, `c` are those of the 3PL (D = 1); `time_log` and `time_sd` are β and 1/α of the time; all (k,).
    `attraction` and `lure`, (k, most wrong responses), are intercept and slope of each wrong response, −∞ where there is none.
    `leaked`, (sets, k), marks the items that were known outside before the exam.
    """

    a: Floats
    b_logit: Floats
    c: Floats
    time_log: Floats
    time_sd: Floats
    attraction: Floats
    lure: Floats
    leaked: Flags

    def __len__(self) -> int:
        return len(self.b_logit)

    def take(self, columns: ArrayLike) -> "Items":
        """The items in `columns`, in that order."""
        kept = np.asarray(columns, dtype=np.int64)
        fields = {name: getattr(self, name)[kept] for name in self.__dataclass_fields__ if name != "leaked"}
        return Items(**fields, leaked=self.leaked[:, kept])


def draw_items(estimates: Estimates, rng: Generator, *, b_sd_logit: float = 0.35, leaked_share: float = 0.0) -> Items:
    """Draw true parameters that agree with the authors' estimates, but only roughly, as they do where both are known.

    Parameters
    ----------
    estimates
        What the authors say.
    rng
        Where chance comes from.
    b_sd_logit
        Standard error of an author's difficulty.
    leaked_share
        Chance of an item to be in the one leaked set.
    """
    k = len(estimates.b_logit)
    most = int(estimates.wrong.max(initial=1))
    there = np.arange(most) < estimates.wrong[:, None]
    falling = -0.5 * np.arange(most) + rng.normal(0, 0.2, (k, most))
    near = np.linspace(1, -1, most)
    # A strong candidate sees through the plausible wrong answer, and misses a graded task only just.
    lure = np.where(estimates.graded[:, None], 0.5, -0.3) * near
    return Items(
        a=rng.lognormal(-0.02, 0.2, k),
        b_logit=estimates.b_logit + rng.normal(0, b_sd_logit, k),
        c=rng.beta(np.maximum(40 * estimates.guess, 1e-9), 40 * (1 - estimates.guess)) * (estimates.guess > 0),
        time_log=np.log(estimates.time_s) + rng.normal(0, 0.15, k),
        time_sd=rng.uniform(0.3, 0.5, k),
        attraction=np.where(there, falling, -np.inf),
        lure=np.where(there, lure, 0.0),
        leaked=rng.random((1, k)) < leaked_share,
    )


@dataclass(frozen=True)
class Responses:
    """What n candidates did on k items; every field has the shape (n, k).

    `chosen` is 0 for right, 1, 2, … for the wrong responses, −1 for left out, −2 for not reached; `times_s` is NaN where not
    reached. `copied` and `known` say where the response is a neighbour's, and where the item was known beforehand.
    """

    chosen: NDArray[np.int8]
    times_s: Floats
    copied: Flags
    known: Flags

    @property
    def scores(self) -> Floats:
        """1 where right, else 0."""
        return np.asarray(self.chosen == RIGHT, dtype=np.float64)


def chance_known(people: People, items: Items) -> Floats:
    """Chance to know the answer, (n, k): 1 / (1 + exp(−a(θ − b))), or nearly 1 where the item was known beforehand.

    Who does not know the answer guesses it with chance c; so what is right follows the 3PL, c + (1 − c) times this.

    References
    ----------
    Birnbaum, A. (1968). In Lord, F. M. & Novick, M. R., Statistical theories of mental test scores, ch. 17.
    """
    distance = items.a * (people.theta_logit[:, None] - items.b_logit)
    return np.asarray(np.maximum(1 / (1 + np.exp(-distance)), KNOWN_CHANCE * _is_leaked(people, items)))


def _is_leaked(people: People, items: Items) -> Flags:
    """Which items each candidate knew beforehand."""
    return np.asarray((people.leak[:, None] >= 0) & items.leaked[people.leak])


def respond(
    people: People, items: Items, rng: Generator, *, minutes: ArrayLike | None = None, order: ArrayLike | None = None
) -> Responses:
    """Let everybody sit a paper.

    Parameters
    ----------
    people, items
        Who sits (in seating order, all with the same form) and what.
    rng
        Where chance comes from.
    minutes
        Time allowed, for all or for each; without it nobody runs out of time.
    order
        The columns in the order each candidate works through them, (n, k); without it as they stand.
    """
    chosen = _choose(people, items, rng)
    known = _is_leaked(people, items)
    times_s = np.exp(items.time_log - people.speed[:, None] + rng.standard_normal(chosen.shape) * items.time_sd)
    times_s[known] *= KNOWN_TIME
    reached = _reach(times_s, minutes, order)
    copied = _copy(chosen, reached, people, rng)
    times_s[copied] *= COPIED_TIME
    reached |= _reach(times_s, minutes, order) & (people.source >= 0)[:, None]
    chosen[~reached], times_s[~reached] = NOT_REACHED, np.nan
    return Responses(chosen, times_s, copied & reached, known & reached)


def _choose(people: People, items: Items, rng: Generator) -> NDArray[np.int8]:
    """What everybody chooses by themselves."""
    knows = chance_known(people, items)
    luck = rng.random(knows.shape)
    chosen = np.where(luck < items.c + (1 - items.c) * knows, RIGHT, 1).astype(np.int8)
    _choose_wrong(chosen, people, items, rng)
    # Only what is not known is left out, more readily by some than by others (Holman & Glas 2005).
    tendency = 1 / (1 + np.exp(-people.omit_logit))
    chosen[(luck >= knows) & (rng.random(knows.shape) < tendency[:, None])] = OMITTED
    return chosen


def _choose_wrong(chosen: NDArray[np.int8], people: People, items: Items, rng: Generator) -> None:
    """Replace each wrong response by one of the item's own: P ∝ exp(attraction + lure · (θ − b)) (Suh & Bolt 2010)."""
    rows, columns = np.nonzero(chosen)
    distance = people.theta_logit[rows] - items.b_logit[columns]
    weights = np.exp(items.attraction[columns] + items.lure[columns] * distance[:, None]).cumsum(axis=1)
    drawn = rng.random(len(rows)) * weights[:, -1]
    chosen[rows, columns] = 1 + (weights < drawn[:, None]).sum(axis=1)


def _reach(times_s: Floats, minutes: ArrayLike | None, order: ArrayLike | None) -> Flags:
    """Which items are finished within the time, working through them in the order given."""
    if minutes is None:
        return np.ones(times_s.shape, dtype=np.bool_)
    limit_s = 60 * np.asarray(minutes, dtype=np.float64)[..., None]
    if order is None:
        return np.asarray(times_s.cumsum(axis=1) <= limit_s)
    places = np.asarray(order, dtype=np.int64)
    reached = np.empty(times_s.shape, dtype=np.bool_)
    np.put_along_axis(reached, places, np.take_along_axis(times_s, places, axis=1).cumsum(axis=1) <= limit_s, axis=1)
    return reached


def _copy(chosen: NDArray[np.int8], reached: Flags, people: People, rng: Generator) -> Flags:
    """Put the source's answers in place of the copier's own on a drawn share of the items that the source answered."""
    copied = np.zeros(chosen.shape, dtype=np.bool_)
    copiers = np.flatnonzero(people.source >= 0)
    sources = people.source[copiers]
    wanted = rng.random((len(copiers), chosen.shape[1])) < people.copied_share[copiers, None]
    copied[copiers] = wanted & reached[sources] & (chosen[sources] >= 0)
    chosen[copiers] = np.where(copied[copiers], chosen[sources], chosen[copiers])
    return copied
