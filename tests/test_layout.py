"""The shape of the repository itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEPLOYED = (
    "stacks",
    "constructs",
    "config",
    "contract",
    "lambda_src",
    "glue_scripts",
    "training",
    "rehearsal",
    "commands",
    "app.py",
)


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository, new ones included, ignored ones not."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for line in listed.splitlines() if (path := ROOT / line).is_file()]


def test_our_constructs_folder_does_not_hide_the_library_of_that_name() -> None:
    assert not (ROOT / "constructs" / "__init__.py").exists()


def test_no_test_skips_sleeps_or_repeats_itself() -> None:
    forbidden = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)|mark\.flaky|rerun|unittest\.skip")
    sleeps = re.compile(r"sleep\(\s*([0-9.]+)")
    found = []
    for path in tracked("tests/*.py", "tests/**/*.py"):
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            slept = sleeps.search(line)
            if forbidden.search(line) or (slept and float(slept[1]) > 0.2):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")

    assert found == []


def test_only_the_models_and_the_samples_know_a_sample_by_name() -> None:
    names = [path.parent.name for path in (ROOT / "samples").glob("*/sample.toml")]
    assert names, "samples/ is empty"
    word = re.compile(rf"\b({'|'.join(names)})\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked(*DEPLOYED)
        if path.suffix in (".py", ".toml", ".json", ".txt", ".sh") and "config/models" not in path.as_posix()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if word.search(line)
    ]

    assert found == []


def test_only_the_official_engine_evaluates_jsonata() -> None:
    """ministack brings a port to Python, which differs from what Step Functions does."""
    port = re.compile(r"^\s*(?:import jsonata\b|from jsonata\b)", re.MULTILINE)

    assert [path.name for path in tracked("*.py", "**/*.py") if port.search(path.read_text())] == []


def test_no_lock_names_a_registry() -> None:
    locks = [*tracked("requirements/*.txt"), *tracked("lambda_src/**/requirements.lock"), ROOT / "package-lock.json"]
    found = [path.name for path in locks if re.search(r"https?://(?!.*opencollective)", _without_funding(path))]

    assert len(locks) > 8
    assert found == []


def _without_funding(path: Path) -> str:
    return "\n".join(line for line in path.read_text().splitlines() if '"url"' not in line)


def test_training_code_ships_no_requirements_because_the_image_may_not_install_any() -> None:
    assert not list((ROOT / "training").rglob("requirements*.txt"))
