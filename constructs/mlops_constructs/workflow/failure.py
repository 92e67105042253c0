"""What a failed run says: which state, which error, and the sentence a person can act on."""

# What every catcher hands to the state that fails.
CAUGHT = {"state": "{% $states.context.State.Name %}", "caught": "{% $states.errorOutput %}"}

ERROR = "{% $states.input.caught.Error %}"

# A Lambda function's or a job's cause is JSON whose message stands under a name that depends on the service;
# other causes are plain text. Parsing is only tried on text that has the shape of an object, since a failing
# expression here would replace the error it reports.
_CAUSE = """(
  $caught := $states.input.caught;
  $cause := $exists($caught.Cause) ? $string($caught.Cause) : $caught.Error = 'States.Timeout'
    ? 'no answer within the time allowed' : 'the service gave no cause';
  $isObject := $substring($cause, 0, 2) = '{"' and $substring($cause, -1) = '}';
  $details := $isObject ? $parse($cause) : {};
  $message := $exists($details.errorMessage) ? $details.errorMessage
    : $exists($details.FailureReason) ? $details.FailureReason
    : $exists($details.ErrorMessage) ? $details.ErrorMessage : $cause;
  $name := $exists($details.TrainingJobName) ? $details.TrainingJobName
    : $exists($details.TransformJobName) ? $details.TransformJobName
    : $exists($details.JobName) and $exists($details.Id) ? $details.JobName & ' ' & $details.Id : '';
  $subject := $name = '' ? $states.input.state : $states.input.state & ' (' & $name & ')';
  $substring($subject & ': ' & $message, 0, 30000)
)"""
CAUSE = "{% " + " ".join(_CAUSE.split()) + " %}"
