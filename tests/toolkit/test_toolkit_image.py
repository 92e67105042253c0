"""The image's environment as it is installed here, driven from outside: what user code meets in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".build" / "venv" / "image" / "bin" / "python"
ADAPTER = ROOT / "rehearsal" / "toolkit" / "image"

USER_MODULE = """
from sagemaker_containers.beta.framework import worker

seen = []

def model_fn(model_dir):
    return "model"

def input_fn(data, content_type):
    seen.append((content_type, type(data).__name__))
    if content_type == "text/x-raise":
        raise ValueError("a bad row")
    return data

def predict_fn(data, model):
    return data

def output_fn(prediction, accept):
    if prediction in ("refuse", b"refuse"):
        return worker.Response('{"error": 1}', status=400, mimetype="application/json")
    return worker.Response(f"{accept}", mimetype=accept)
"""

DRIVER = """
import json, sys
import types
sys.path.insert(0, sys.argv[1])
module = types.ModuleType("user")
exec(sys.argv[2], module.__dict__)
from sagemaker_xgboost_container import serving
from sagemaker_containers.beta.framework import worker
served = serving.user_transformer(module)
served.initialize()
client = worker.Worker(transform_fn=served.transform, module_name="user").test_client()
answers = []
for content_type, body, accept in json.loads(sys.argv[3]):
    headers = {"Accept": accept} if accept else {}
    answer = client.post("/invocations", data=body, content_type=content_type, headers=headers)
    answers.append([answer.status_code, answer.mimetype, answer.get_data(as_text=True)])
answers.append([client.get("/ping").status_code, client.get("/execution-parameters").status_code, module.seen])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def python() -> str:
    assert PYTHON.exists(), f"{PYTHON} is missing: run `make setup`"
    return str(PYTHON)


def run(python: str, folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "SAGEMAKER_BASE_DIR": str(folder), "PYTHONPATH": str(ADAPTER)}
    command = [python, "-W", "ignore", "-c", script, *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def ask(python: str, folder: Path, requests: list[tuple[str, str, str | None]]) -> list[list[object]]:
    import json

    done = run(python, folder, DRIVER, str(ADAPTER), USER_MODULE, json.dumps(requests))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_text_comes_as_str_only_for_two_exact_content_types(python: str, tmp_path: Path) -> None:
    kinds = ["application/json", "text/csv", "application/jsonlines", "text/csv; charset=utf-8"]
    *_, (_, _, seen) = ask(python, tmp_path, [(kind, "1", None) for kind in kinds])
    assert seen == [
        ["application/json", "str"],
        ["text/csv", "str"],
        ["application/jsonlines", "bytes"],
        ["text/csv; charset=utf-8", "bytes"],
    ]


def test_an_exception_is_a_500_page_and_a_400_comes_only_from_the_response_class(python: str, tmp_path: Path) -> None:
    raised, refused, _ = ask(python, tmp_path, [("text/x-raise", "1", None), ("text/csv", "refuse", None)])
    assert raised[:2] == [500, "text/html"]
    assert refused == [400, "application/json", '{"error": 1}']


def test_the_answer_is_json_unless_the_caller_says_otherwise(python: str, tmp_path: Path) -> None:
    answers = ask(python, tmp_path, [("text/csv", "1", None), ("text/csv", "1", "*/*"), ("text/csv", "1", "text/csv")])
    assert [answer[1] for answer in answers[:3]] == ["application/json", "application/json", "text/csv"]


def test_the_server_answers_ping_and_has_no_execution_parameters(python: str, tmp_path: Path) -> None:
    assert ask(python, tmp_path, [])[-1][:2] == [200, 404]


def test_a_module_that_mixes_transform_fn_with_the_others_is_refused(python: str, tmp_path: Path) -> None:
    script = (
        "import types\nfrom sagemaker_xgboost_container import serving\n"
        "module = types.SimpleNamespace(transform_fn=print, input_fn=print)\n"
        "try:\n    serving.user_transformer(module)\nexcept serving.UserError as error:\n    print('refused', error)\n"
    )
    assert run(python, tmp_path, script).stdout.startswith("refused Cannot use transform_fn")


def test_isolation_lets_the_loopback_device_and_nothing_else_through(python: str, tmp_path: Path) -> None:
    script = """
import socket, rehearsal_isolation
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
closed = socket.socket()
closed.bind(("127.0.0.1", 0))
closed.listen()
rehearsal_isolation.close(closed.getsockname()[1])
def attempt(address):
    try:
        socket.create_connection(address, timeout=1).close()
        return "open"
    except OSError as error:
        return "closed" if "network isolation" in str(error) else repr(error)
print(attempt(("127.0.0.1", listener.getsockname()[1])), attempt(("localhost", listener.getsockname()[1])))
print(attempt(("127.0.0.1", closed.getsockname()[1])), attempt(("192.0.2.1", 80)), attempt(("example.com", 80)))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
    try:
        datagram.sendto(b"x", ("192.0.2.1", 53))
        print("open")
    except OSError:
        print("closed")
"""
    done = run(python, tmp_path, script)
    assert done.stdout.splitlines() == ["open open", "closed closed closed", "closed"], done.stderr


def test_the_start_command_stays_the_toolkits_but_for_program_and_address(python: str, tmp_path: Path) -> None:
    script = (
        "import rehearsal_serve, sys\n"
        "command = ['gunicorn', '-k', 'gevent', '-b', '0.0.0.0:8080', 'module:main']\n"
        "print(rehearsal_serve.local_command(command, 7)[1:])\n"
        "try:\n    rehearsal_serve.local_command(['nginx'], 7)\nexcept ValueError as error:\n    print(error)\n"
    )
    first, second = run(python, tmp_path, script).stdout.splitlines()
    assert first == "['-m', 'gunicorn', '--no-control-socket', '-k', 'gevent', '-b', 'fd://7', 'module:main']"
    assert second.startswith("the toolkit wants to start nginx")
