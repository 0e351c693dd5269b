"""Item response theory: one ability, items that are right or wrong or graded, in the logistic metric (D = 1)."""
