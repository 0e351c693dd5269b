"""The log: one event a line on the standard error, for a person to read and a collector to take apart (logfmt)."""

import logging
import sys

import structlog


def set_up_logs() -> None:
    """Log from here on as the site does. Tracebacks come without the values of variables: those may be keys and answers."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
