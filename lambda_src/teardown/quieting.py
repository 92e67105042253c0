"""First: nothing new may start, and what runs must stop."""

from botocore.exceptions import ClientError

from lambda_src.teardown.work import Progress, Work, is_error, pages


def disable_rules(work: Work) -> Progress:
    """Rules would start new executions while the old ones are stopped."""
    events = work.client("events")
    for rule in pages(events, "list_rules", "Rules", NamePrefix=work.properties.start_of_names):
        if rule.get("State") == "ENABLED":
            events.disable_rule(Name=rule["Name"])
    return Progress.DONE


def disable_event_source_mappings(work: Work) -> Progress:
    """Messages still on a queue would start new executions, too."""
    functions = work.client("lambda")
    ours = f":function:{work.properties.start_of_names}"
    unsettled = []
    for mapping in pages(functions, "list_event_source_mappings", "EventSourceMappings"):
        if ours not in mapping.get("FunctionArn", "") or mapping["State"] == "Disabled":
            continue
        unsettled.append(mapping["UUID"])
        if mapping["State"] not in ("Disabling", "Deleting"):
            _disable(functions, mapping["UUID"])
    return work.waits_for(f"event source mappings {', '.join(unsettled)}") if unsettled else Progress.DONE


def _disable(functions: object, identifier: str) -> None:
    try:
        functions.update_event_source_mapping(UUID=identifier, Enabled=False)  # type: ignore[attr-defined]
    except ClientError as error:
        # It is just being changed, or just gone; the next look will tell.
        if not is_error(error, "ResourceInUseException", "ResourceNotFoundException", "ResourceConflictException"):
            raise


def stop_executions(work: Work) -> Progress:
    """Stopping an execution makes Step Functions stop its job as well."""
    stepfunctions = work.client("stepfunctions")
    running = []
    for machine in pages(stepfunctions, "list_state_machines", "stateMachines"):
        if work.ours([machine["name"]]):
            arguments = {"stateMachineArn": machine["stateMachineArn"], "statusFilter": "RUNNING"}
            running += list(pages(stepfunctions, "list_executions", "executions", **arguments))
    for execution in running:
        stepfunctions.stop_execution(
            executionArn=execution["executionArn"], error="Teardown", cause="the platform is being removed"
        )
    return work.waits_for(f"{len(running)} executions to stop") if running else Progress.DONE


def stop_training_jobs(work: Work) -> Progress:
    """A job left running keeps its network interfaces and its role."""
    return _stop_jobs(work, "TrainingJob")


def stop_transform_jobs(work: Work) -> Progress:
    """The same for transform jobs."""
    return _stop_jobs(work, "TransformJob")


def _stop_jobs(work: Work, kind: str) -> Progress:
    sagemaker = work.client("sagemaker")
    operation = {"TrainingJob": "training_job", "TransformJob": "transform_job"}[kind]
    unfinished = []
    for status in ("InProgress", "Stopping"):
        listing = pages(
            sagemaker,
            f"list_{operation}s",
            f"{kind}Summaries",
            NameContains=work.properties.start_of_names,
            StatusEquals=status,
        )
        for name in work.ours(job[f"{kind}Name"] for job in listing):
            unfinished.append(name)
            if status == "InProgress":
                getattr(sagemaker, f"stop_{operation}")(**{f"{kind}Name": name})
    return work.waits_for(f"jobs {', '.join(unfinished)} to stop") if unfinished else Progress.DONE
