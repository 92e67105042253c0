"""The model that docs/models.md shows works."""

import re
from pathlib import Path

from config.models import load_models
from contract.model import Contract
from tests.test_layout import ROOT


def test_the_model_of_the_documentation_is_accepted_as_it_stands_there(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "models.md").read_text(), re.DOTALL)
    (tmp_path / "churn.toml").write_text(example)

    [model] = load_models(tmp_path)

    assert Contract.from_json(model.contract_json()).classes == ("yes", "no")
