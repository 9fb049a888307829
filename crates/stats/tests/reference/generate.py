"""Writes reference.json: what scipy, statsmodels and numpy say on the same numbers.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python generate.py

The Rust test reference.rs compares. Nothing here is computed with our code; where no library has the figure (the
intervals of ranks) its limits are found by inverting the library's own test.
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import stats
import statsmodels
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20261)


def signed_rank_sum(x, axis=-1):
    """Sum of signed midranks of |x|, zeros ranked too (Pratt)."""
    return np.sum(np.sign(x) * stats.rankdata(np.abs(x), axis=axis), axis=axis)


def sign_flip():
    samples = {
        "untied 6": rng.normal(0.3, 1.0, 6),
        "untied 12": rng.normal(0.5, 1.0, 12),
        "one side 12": rng.exponential(1.0, 12),
        "outlier 11": np.append(rng.normal(0.4, 0.2, 10), -9.0),
        "ties 10": np.array([1, 1, 2, -1, 3, 3, -2, 2, 4, 1], float),
        "zeros 10": np.array([0, 0, 1, 2, -1, 3, 0, 2, 4, 5], float),
        "ticks 14": np.round(rng.normal(0.7, 1.0, 14)),
        "all zero 8": np.zeros(8),
    }
    for name, x in samples.items():
        # Every sign pattern once: 2^n resamples or more make scipy enumerate.
        p = stats.permutation_test((x,), signed_rank_sum, permutation_type="samples", n_resamples=np.inf).pvalue
        yield {"name": name, "values": x.tolist(), "p": float(p)}
    for n in (12, 20, 40, 75):
        x = rng.standard_t(2, n) + 0.4
        p = stats.wilcoxon(x, method="exact").pvalue
        yield {"name": f"wilcoxon {n}", "values": x.tolist(), "p": float(p)}


def inverted_signed_rank(x, alpha):
    """The outermost Walsh averages that scipy's exact test does not reject as the middle."""
    walsh = np.sort([(x[i] + x[j]) / 2 for i in range(len(x)) for j in range(i, len(x))])
    middles = (walsh[:-1] + walsh[1:]) / 2
    kept = [stats.wilcoxon(x - m, method="exact").pvalue > alpha for m in middles]
    first, last = kept.index(True), len(kept) - 1 - kept[::-1].index(True)
    return float(walsh[first]), float(np.median(walsh)), float(walsh[last + 1])


def location(level):
    for n in (8, 12, 20, 40):
        x = rng.standard_t(3, n) * 0.02 + 0.01
        yield {"values": x.tolist(), "interval": inverted_signed_rank(x, 1 - level)}


def median_interval(level):
    for n in (7, 12, 13, 20, 40, 96):
        x = np.sort(rng.lognormal(0, 0.5, n))
        # scipy.stats.quantile_test gives the same limits by the same binomial ranks.
        result = stats.quantile_test(x, q=np.median(x), p=0.5, alternative="two-sided")
        limits = result.confidence_interval(confidence_level=level)
        yield {"values": x.tolist(), "interval": [float(limits.low), float(np.median(x)), float(limits.high)]}


def holm():
    for size in (1, 2, 5, 36, 55):
        p = rng.uniform(0, 1, size) ** 4
        p[size // 2] = p[0]
        yield {"p": p.tolist(), "adjusted": multipletests(p, method="holm")[1].tolist()}


def slope():
    for n in (3, 4, 8, 30):
        x = np.sort(rng.uniform(1, 10_000, n))
        y = 12.5 * x + 3e5 + rng.normal(0, 4000, n)
        fit = stats.linregress(x, y)
        half = stats.t.ppf(0.975, n - 2) * fit.stderr
        yield {
            "points": list(zip(x.tolist(), y.tolist())),
            "per_x": float(fit.slope),
            "intercept": float(fit.intercept),
            "low": float(fit.slope - half),
            "high": float(fit.slope + half),
        }


def shift():
    for m, n, level in ((4, 4, 0.95), (12, 12, 0.95), (12, 20, 0.95), (12, 12, 0.9985), (40, 30, 0.95), (50, 50, 0.9985)):
        a, b = rng.normal(0, 1, m), rng.normal(1, 1, n)
        differences = np.sort((b[None, :] - a[:, None]).ravel())
        middles = (differences[:-1] + differences[1:]) / 2
        kept = [stats.mannwhitneyu(b - s, a, method="exact").pvalue > 1 - level for s in middles]
        first, last = kept.index(True), len(kept) - 1 - kept[::-1].index(True)
        interval = [float(differences[first]), float(np.median(differences)), float(differences[last + 1])]
        yield {"a": a.tolist(), "b": b.tolist(), "level": level, "interval": interval}


reference = {
    "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
    "sign_flip": list(sign_flip()),
    "location_fixed": list(location(0.95)),
    "location_auto": list(location(0.975)),
    "median_interval_fixed": list(median_interval(0.95)),
    "median_interval_auto": list(median_interval(0.975)),
    "holm": list(holm()),
    "slope": list(slope()),
    "shift": list(shift()),
}
text = json.dumps(reference, indent=1)
pathlib.Path(__file__).with_name("reference.json").write_text(text + "\n")
