"""Advice, by the state that failed.

A caught failure has left its state: a redrive would only enter the Fail state again. The way out is a new run or a new
deployment. Only an execution that was interrupted, by its time limit or by a person, goes on where it was.
"""

from lambda_src.notifier.failure_class import FailureClass

TRAIN = "`mlops train {model}`"
APPROVE = "`mlops approve {model} --version {version}`"
DEPLOY = "`mlops deploy {model} --version {version}`"

LOOK = "Look at the execution and remove the cause. Then start again: "
UPLOAD = (
    "Correct the file and upload it again under the same key: the next run starts by itself. If the file is to go"
    f" instead, delete it and start a run: {TRAIN}."
)
CHAMPION_SERVES = f"The champion is untouched. Correct what the message names, then start a new run: {TRAIN}."
TRANSFORM = f"The champion is untouched. Look at the transform job's log, then start a new run: {TRAIN}."
REDEPLOY = f"The endpoint serves what it served before. Remove the cause, then deploy the version again: {DEPLOY}."
UNDER_WAY = (
    "SageMaker goes on with the update by itself. Look at the endpoint; when it is in service, deploy the version"
    f" again: {DEPLOY}."
)
UNJUDGED = (
    "The update went on to its end, but nobody judged the new version, which may serve already. Remove the cause, then"
    f" deploy it again: {DEPLOY}."
)
SERVES_ALREADY = f"The new version serves already; only this last step is missing. Deploy it again: {DEPLOY}."
TIDY = (
    "The new version serves already, and an old one was not cleared away. The next deployment clears it away:"
    f" {DEPLOY} is one."
)

WAYS_OUT = {
    "NameRun": "The input lacks the model or its settings. Nothing was read. Start a run with"
    f" {TRAIN}, which gives it both.",
    "WriteManifest": f"Nothing was read yet. Look at the function's log, then start a new run: {TRAIN}.",
    "GateArrivals": UPLOAD,
    "RunEtl": "Earlier clean data is untouched, and a lost job has been run twice already. Look at the Glue job's"
    f" log (`mlops logs {{model}}`), then start a new run: {TRAIN}.",
    "ValidateData": "Nothing was trained. The report names what is wrong, and `mlops quarantine {model}` shows the rows"
    f" that were refused: correct the data and upload it again, or start a new run: {TRAIN}.",
    "TrainModel": CHAMPION_SERVES,
    "CreateCandidateModel": CHAMPION_SERVES,
    "ScoreHoldout": TRANSFORM,
    "ScoreHoldoutWithChampion": TRANSFORM,
    "GetChampion": CHAMPION_SERVES,
    "EvaluateModel": CHAMPION_SERVES,
    "DeleteCandidateModel": f"The verdict stands, but was not carried out. Start a new run: {TRAIN}.",
    "RegisterModel": f"The candidate was good enough, but is not registered. Start a new run: {TRAIN}.",
    "ApproveModel": f"The version is registered and waits: `mlops models {{model}}` lists it, {APPROVE} approves it.",
    "NotEnoughData": "Nothing was registered. Upload more data for {model}, or lower the limits in the model's settings"
    f" and deploy the platform; then {TRAIN}.",
    "GatesMissed": "Nothing was registered. Look at the evaluation report: better data for {model}, or other gates, are"
    f" needed; then {TRAIN}.",
    "DescribePackage": REDEPLOY,
    "PackageNotApproved": f"Nothing was changed. Approve the version first ({APPROVE}): that starts its deployment by"
    " itself.",
    "CreateModel": REDEPLOY,
    "CreateEndpointConfig": REDEPLOY,
    "PutGuardAlarm": REDEPLOY,
    "PutLatencyGuardAlarm": REDEPLOY,
    "FindEndpoint": REDEPLOY,
    "DeleteFailedEndpoint": f"There is no working endpoint. Remove the cause, then deploy the version again: {DEPLOY}.",
    "CreateEndpoint": "There is no endpoint yet; an instance quota is the usual cause. Then deploy the version again:"
    f" {DEPLOY}.",
    "ReadEndpoint": REDEPLOY,
    "ReadServingConfig": REDEPLOY,
    "ReadScaling": REDEPLOY,
    "ReadScalingPolicies": REDEPLOY,
    "StopScaling": REDEPLOY,
    "UpdateEndpoint": REDEPLOY,
    "EndpointNeedsCare": "Look at the endpoint in SageMaker and bring it into service or delete it, then deploy the"
    f" version again: {DEPLOY}.",
    "EndpointNeverQuiet": "Another update is still under way. Wait until it has ended, then deploy the version again:"
    f" {DEPLOY}.",
    "DescribeEndpoint": UNJUDGED,
    "SendGoldenRequests": UNJUDGED,
    "ListGuardAlarms": UNJUDGED,
    "DeleteGuardAlarms": UNJUDGED,
    "ProveEndpoint": UNJUDGED,
    "RejectPackage": "The new version does not hold, but is not rejected yet: reject it by hand with"
    " `mlops reject {model} --version {version}`.",
    "DeploymentRolledBack": "The new version is rejected, and the old one serves. Look at the endpoint's log before you"
    " approve another; an older version is deployed with `mlops deploy {model} --version NUMBER`.",
    "EndpointNeverSettled": UNDER_WAY,
    "ScalingNotRestored": "The endpoint keeps the instances that it has, whatever the load. Remove the cause, then"
    f" deploy a version that holds, which brings autoscaling back: {DEPLOY}.",
    "RegisterScalableTarget": SERVES_ALREADY,
    "PutScalingPolicy": SERVES_ALREADY,
    "RecordChampion": SERVES_ALREADY,
    "ListOldConfigs": TIDY,
    "DeleteOldConfigs": TIDY,
    "DeleteOldConfig": TIDY,
    "ListOldModels": TIDY,
    "DeleteOldModels": TIDY,
    "DeleteOldModel": TIDY,
}
INTERRUPTED = (
    "Redriving the execution goes on from the interrupted state, within 14 days and while no other execution of {model}"
    " runs; or start again: "
)


# What a class of failure says before the state's own advice.
BY_CLASS: dict[FailureClass, str] = {
    "permission": "A permission is missing: the error names it. Compare the roles with the templates (`cdk drift`) and"
    " deploy the platform again, or ask who sets the account's limits. ",
    "quota": "A quota of the account is used up, or 0: `mlops doctor` names it. Have it raised, or wait until others"
    " have finished. ",
    "crash": "The function's process was killed, most often for lack of memory; the data may be right. Look at its log"
    " for its use of memory. ",
    "time": "It did not end within its time: a job that waits for its instance, or data that has grown. ",
    "service": "AWS did not answer as it should, and went on so for minutes. ",
}
# Their own advice blames the data, which is wrong for every class but the data's own.
BLAME_DATA = ("GateArrivals", "ValidateData")
BLAMELESS = f"Nothing was trained, and the files stay as they are. Start a new run: {TRAIN}."


def way_out(
    state: str | None, status: str, kind: str, model: str, version: str, failure: FailureClass | None = None
) -> str:
    """The advice for an end; a state without its own gets the general one."""
    again = (DEPLOY if kind == "deployment" else TRAIN) + "."
    if status in ("TIMED_OUT", "ABORTED"):
        return (INTERRUPTED + again).format(model=model, version=version)
    text = WAYS_OUT.get(state or "", LOOK + again)
    if failure is not None:
        text = BY_CLASS[failure] + (BLAMELESS if state in BLAME_DATA else text)
    return text.format(model=model, version=version)
