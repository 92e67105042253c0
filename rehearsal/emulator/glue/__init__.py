"""Glue: jobs run the deployed script with a local Spark, crawlers read the bytes."""

from rehearsal.emulator.glue import crawlers, jobs


def install() -> None:
    """Put this emulation in the place of ministack's stubs."""
    jobs.install()
    crawlers.install()
