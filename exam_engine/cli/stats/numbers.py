"""Options that take one number, or several."""

from typing import Any

import click
import numpy as np

from grading.psychometrics.tables import LARGEST


class Figure(click.FloatRange):
    """A number within its limits; "nan" and "inf", which Python reads as numbers, are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        found = float(super().convert(value, param, ctx))
        if not abs(found) <= LARGEST:
            self.fail(f'"{value}" is not a number from -1e15 to 1e15', param, ctx)
        return found


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers separated by commas."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        try:
            found = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f'"{value}" is not a list of numbers such as -1,0,1', param, ctx)
        if not np.isfinite(found).all():
            self.fail("is a list of finite numbers", param, ctx)
        return found
