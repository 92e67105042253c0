"""Write docs/reference again: python -m tests.docs.refresh, after a change that was meant."""

from functools import cache
from typing import Final

from tests.synth import MODELS, ROOT, assembly
from tools.documentation.assembly import Platform
from tools.documentation.pages import pages

FOLDER: Final = ROOT / "docs" / "reference"
# The invented model that stands for all; it has everything a model can have.
SHOWN: Final = "churn"


def platform(stage: str) -> Platform:
    """The assembly that the whole suite shares, for the documentation to read."""
    others = tuple(sorted({path.stem for path in MODELS.glob("*.toml")} - {SHOWN}))
    return Platform(assembly(stage).folder, stage, SHOWN, others)


@cache
def fresh_pages() -> dict[str, str]:
    """The pages that docs/reference has to hold."""
    return pages(platform("dev"), platform("prod"))


def main() -> None:
    """Write all pages, and take away those of stacks that are gone."""
    wanted = fresh_pages()
    for path in FOLDER.rglob("*.md"):
        if path.relative_to(FOLDER).as_posix() not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
