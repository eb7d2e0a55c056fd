# SPDX-License-Identifier: BSD-3-Clause
# Prints the numbers that tests/unit/test_ranktest.c and test_ratio.c expect, computed by
# SciPy and by brute force: /usr/bin/python3 tests/golden/ranktest.py (needs python3-scipy;
# the tests do not).
import itertools

import numpy as np
from scipy.stats import mannwhitneyu, rankdata


def brute_force(a, b):
    """U and twice the smaller tail over all ways to share out the ranks, ties and all."""
    ranks = rankdata(list(a) + list(b))
    n, own = len(a), rankdata(list(a) + list(b))[: len(a)].sum()
    sums = np.array([sum(chosen) for chosen in itertools.combinations(ranks, n)])
    lower, upper = np.mean(sums <= own + 1e-9), np.mean(sums >= own - 1e-9)
    return own - n * (n + 1) / 2, min(1, 2 * min(lower, upper))


print("exact, without ties: SciPy")
for a, b in [
    ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]),
    ([1.1, 2.5, 3.7, 9.2], [2.6, 4.4, 8.1, 5.5, 7.3, 6.0]),
    ([(i * 37) % 101 for i in range(25)], [(i * 53) % 97 + 17.5 for i in range(25)]),
]:
    print(mannwhitneyu(a, b, method="exact"))
print("exact, with ties: brute force")
for a, b in [
    ([1, 1, 2, 2, 3], [2, 3, 3, 4, 4]),
    ([5, 5, 5], [5, 5, 5, 5]),
    ([1, 2, 2, 2], [2, 2, 3, 7, 7, 9]),
    ([3, 1, 3, 1, 3], [1, 3, 1, 1, 1, 3, 1]),
]:
    print(brute_force(a, b))
print("normal: SciPy")
for a, b in [
    ([(i * 37) % 101 for i in range(30)], [(i * 53) % 97 + 11 for i in range(28)]),
    ([(i * 37) % 11 for i in range(40)], [(i * 53) % 13 for i in range(35)]),
]:
    print(mannwhitneyu(a, b, method="asymptotic", use_continuity=True))
print("smallest: SciPy")
for n, m in [(5, 5), (5, 10), (10, 10)]:
    print(mannwhitneyu(range(n), range(n, n + m), method="exact").pvalue)

print("ratio of medians: all draws of both groups, and the share of draws up to each")
under, over = [10, 11, 12, 13, 14], [10.5, 12.5, 15, 16, 18]


def medians(values):
    return [np.median(draw) for draw in itertools.product(values, repeat=len(values))]


ratios = np.sort(np.divide.outer(np.array(medians(over)), np.array(medians(under))).ravel())
print(np.median(over) / np.median(under), np.quantile(ratios, [0.025, 0.975]))
print("spread:", np.sqrt((np.var(np.log(under), ddof=1) + np.var(np.log(over), ddof=1)) / 2))
