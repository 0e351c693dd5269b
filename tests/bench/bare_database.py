"""What the database alone can do: durable rows a second, 32 a commit, on one connection."""

import time

from sqlalchemy import text

from exam_engine.core.database import Database

GROUP = 32


def measure(database: Database, seconds: float) -> dict[str, float]:
    """Insert groups of rows into a table of its own for a while."""
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_rows (a BIGINT, b BIGINT, body TEXT, PRIMARY KEY (a, b))"))
    marks = "(" + "),(".join(f"{place}, :n, :body" for place in range(GROUP)) + ")"
    statement = text(f"INSERT INTO bench_rows VALUES {marks}")
    commits, began = 0, time.perf_counter()
    with database.engine.connect() as connection:
        while time.perf_counter() - began < seconds:
            connection.execute(statement, {"n": commits, "body": "x" * 200})
            connection.commit()
            commits += 1
    took = time.perf_counter() - began
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE bench_rows"))
    return {"per_s": commits * GROUP / took, "commits_per_s": commits / took}
