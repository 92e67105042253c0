"""What to do, by the state that failed."""

LOOK = "Look at the execution, remove the cause, and redrive it from the failed state."
UPLOAD = "Correct the file and upload it again under the same key; the next run starts by itself."
CRAWLER = "The data is untouched. Look at the crawler and its log in Glue, then redrive the execution."
CHAMPION_SERVES = "The champion is untouched. Correct what the message names, then redrive the execution."
TRANSFORM = "The champion is untouched. Look at the transform job's log, then redrive the execution."
REDEPLOY = "The endpoint serves what it served before. Remove the cause and redrive the execution."
UNDER_WAY = "SageMaker goes on with the update by itself: look at the endpoint, then redrive the execution."
SERVES_ALREADY = "The new version serves already; only this last step is missing. Redrive the execution."

WAYS_OUT = {
    "WriteManifest": "Nothing was read yet. Look at the function's log, then redrive the execution.",
    "GateArrivals": UPLOAD,
    "StartCrawler": CRAWLER,
    "GetCrawler": CRAWLER,
    "CrawlFailed": CRAWLER,
    "CrawlNeverEnded": "The data is untouched. Stop the crawler in Glue; the next upload starts a run.",
    "RunEtl": "Earlier clean data is untouched. Look at the Glue job's error log, then redrive the execution.",
    "ValidateData": "Nothing was trained. The report names what is wrong: correct the data and upload it again.",
    "TrainModel": CHAMPION_SERVES,
    "CreateCandidateModel": CHAMPION_SERVES,
    "ScoreHoldout": TRANSFORM,
    "ScoreHoldoutWithChampion": TRANSFORM,
    "GetChampion": CHAMPION_SERVES,
    "EvaluateModel": CHAMPION_SERVES,
    "DeleteCandidateModel": "The verdict stands, but is not carried out yet: redrive the execution.",
    "RegisterModel": "The candidate was good enough, but is not registered: redrive the execution.",
    "ApproveModel": "The version is registered and pending: approve it by hand, or redrive the execution.",
    "NotEnoughData": "Upload more data, or lower the limits in the model's settings; nothing was registered.",
    "GatesMissed": "Nothing was registered. Look at the evaluation report: better data, or other gates, are needed.",
    "DescribePackage": REDEPLOY,
    "PackageNotApproved": "Nothing was changed. Approve the version first; that starts a deployment by itself.",
    "CreateModel": REDEPLOY,
    "CreateEndpointConfig": REDEPLOY,
    "PutGuardAlarm": REDEPLOY,
    "FindEndpoint": REDEPLOY,
    "DeleteFailedEndpoint": "There is no working endpoint. Remove the cause and redrive the execution.",
    "CreateEndpoint": "There is no endpoint yet; an instance quota is the usual cause. Then redrive the execution.",
    "ReadServingConfig": REDEPLOY,
    "UpdateEndpoint": REDEPLOY,
    "EndpointNeedsCare": "Look at the endpoint in SageMaker and bring it into service, then approve the version again.",
    "EndpointNeverQuiet": "Another update is still under way. Wait until it has ended, then approve the version again.",
    "SendGoldenRequests": UNDER_WAY,
    "DescribeEndpoint": UNDER_WAY,
    "DeleteGuardAlarm": UNDER_WAY,
    "ProveEndpoint": UNDER_WAY,
    "RejectPackage": "The new version does not hold, but is not rejected yet: redrive the execution.",
    "DeploymentRolledBack": "The new version is rejected. Look at the endpoint and its log before you approve another.",
    "EndpointNeverSettled": UNDER_WAY,
    "RegisterScalableTarget": SERVES_ALREADY,
    "PutScalingPolicy": SERVES_ALREADY,
    "RecordChampion": SERVES_ALREADY,
    "ListOldConfigs": SERVES_ALREADY,
    "DeleteOldConfigs": SERVES_ALREADY,
    "DeleteOldConfig": SERVES_ALREADY,
    "ListOldModels": SERVES_ALREADY,
    "DeleteOldModels": SERVES_ALREADY,
    "DeleteOldModel": SERVES_ALREADY,
}


def way_out(state: str | None) -> str:
    """The advice for a state; a state without its own gets the general one."""
    return WAYS_OUT.get(state or "", LOOK)
