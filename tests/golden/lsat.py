"""Frequencies of the 32 patterns of right and wrong of two sections of the Law School Admission Test, 1000 candidates each.

Bock, R. D. & Lieberman, M. (1970). Fitting a response model for n dichotomously scored items. Psychometrika 35, 179-197,
table 1. Patterns count up in binary, the first item being the highest digit.
"""

import numpy as np

LSAT6 = [3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298]
LSAT7 = [12, 19, 1, 7, 3, 19, 3, 17, 10, 5, 3, 7, 7, 23, 8, 28, 7, 39, 11, 34, 14, 51, 15, 90, 6, 25, 7, 35, 18, 136, 32, 308]

PATTERNS = np.array([[int(digit) for digit in f"{number:05b}"] for number in range(32)], dtype=float)


def responses(frequencies):
    return np.repeat(PATTERNS, frequencies, axis=0)
