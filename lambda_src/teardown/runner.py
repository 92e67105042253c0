"""Runs the steps in their order, for as long as this invocation may."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lambda_src.common.telemetry import logger
from lambda_src.teardown import contents, quieting, serving, studio
from lambda_src.teardown.work import Progress, Step, Work

# The order is the point: first nothing may start, then nothing may run, then what serves goes from the outside in.
STEPS: dict[str, Step] = {
    "rules": quieting.disable_rules,
    # Early, so that the log bucket's policy is known everywhere by the time the bucket is emptied.
    "log delivery": contents.stop_log_delivery,
    "event source mappings": quieting.disable_event_source_mappings,
    "executions": quieting.stop_executions,
    "training jobs": quieting.stop_training_jobs,
    "transform jobs": quieting.stop_transform_jobs,
    "scalable targets": serving.deregister_scalable_targets,
    "endpoints": serving.delete_endpoints,
    "guard alarms": serving.delete_guard_alarms,
    "endpoint configs": serving.delete_endpoint_configs,
    "models": serving.delete_models,
    "package versions": serving.delete_package_versions,
    "Studio apps": studio.delete_apps,
    "Studio spaces": studio.delete_spaces,
    "Studio user profiles": studio.delete_user_profiles,
    "Studio mount targets": studio.unmount_homes,
    "Studio domain": studio.delete_domain,
    "Studio file system groups": studio.delete_file_system_groups,
    "bucket contents": contents.empty_buckets,
    "images": contents.delete_images,
    "network interfaces": contents.wait_for_network_interfaces,
}
# Short things are soon done; a deleted endpoint takes minutes.
PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)


class TimeIsUp(Exception):
    """CloudFormation will not wait any longer."""


@dataclass(frozen=True)
class Clock:
    """Time as the runner needs it: what is left of this invocation and of the whole, and a pause."""

    invocation_seconds_left: Callable[[], float]
    total_seconds_left: Callable[[], float]
    pause: Callable[[float], None]


# Enough for one slow call and the hand-over to the next invocation.
SPARE_SECONDS = 45.0


def run(work: Work, remaining: Sequence[str], clock: Clock) -> list[str]:
    """Carry steps out; returns the names of those left for another invocation, none when all is done."""
    steps, pauses = list(remaining), 0
    while steps:
        progress = STEPS[steps[0]](work)
        if progress is Progress.DONE:
            logger.info("teardown step done", step=steps[0])
            steps.pop(0)
            pauses = 0
            continue
        if clock.total_seconds_left() <= 0:
            raise TimeIsUp(f"still waiting for {work.obstacle}; delete the stack again to go on")
        if clock.invocation_seconds_left() < SPARE_SECONDS:
            return steps
        if progress is Progress.WAIT:
            logger.info("teardown waits", step=steps[0], obstacle=work.obstacle)
            clock.pause(PAUSES_SECONDS[min(pauses, len(PAUSES_SECONDS) - 1)])
            pauses += 1
    return steps
