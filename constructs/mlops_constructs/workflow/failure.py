"""The words of a failed run: which state, which error, and the sentence a person can act on."""

# What every catcher hands to the state that fails.
CAUGHT = {"state": "{% $states.context.State.Name %}", "caught": "{% $states.errorOutput %}"}

ERROR = "{% $states.input.caught.Error %}"

# A Lambda function's or a job's cause is JSON whose message stands under a name that depends on the service; other
# causes are plain text. A cause may be cut, or look like JSON and be none, and a failing expression here would replace
# the error that it reports: so single members are looked for, and only what is a JSON string for certain is parsed.
# (A backslash is written \x5c: JSONata's parser does not see the end of a regular expression behind two of them.)
_MEMBER = (
    r'/"(errorMessage|FailureReason|ErrorMessage|TrainingJobName|TransformJobName|JobName|Id)"\s*:\s*'
    r'"((?:[^"\x5c\x00-\x1f]|\x5c["\x5c\/bfnrt]|\x5cu[0-9a-fA-F]{4})*)"/'
)
# States.Timeout comes with an empty cause (recorded on AWS).
_CAUSE = rf"""(
  $caught := $states.input.caught;
  $given := $exists($caught.Cause) ? $string($caught.Cause) : '';
  $cause := $given != '' ? $given : $caught.Error = 'States.Timeout'
    ? 'no answer within the time allowed' : 'the service gave no cause';
  $members := $substring($cause, 0, 2) = '{{"' ? $match($cause, {_MEMBER}) : [];
  $text := function($name) {{ $parse('"' & $members[groups[0] = $name][0].groups[1] & '"') }};
  $message := [$text('errorMessage'), $text('FailureReason'), $text('ErrorMessage'), $cause][$ != ''][0];
  $run := $trim($text('JobName') & ' ' & $text('Id'));
  $job := [$text('TrainingJobName'), $text('TransformJobName'), $run][$ != ''][0];
  $subject := $exists($job) ? $states.input.state & ' (' & $job & ')' : $states.input.state;
  $substring($subject & ': ' & $message, 0, 30000)
)"""
CAUSE = "{% " + " ".join(_CAUSE.split()) + " %}"
