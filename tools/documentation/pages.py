"""All generated pages."""

from tools.documentation.architecture import architecture_page
from tools.documentation.assembly import Platform
from tools.documentation.environment_page import environment_page
from tools.documentation.machine_page import machine_page
from tools.documentation.model_page import model_page
from tools.documentation.stack_page import stack_page


def pages(dev: Platform, prod: Platform) -> dict[str, str]:
    """The text of each file below docs/reference. The same sources always give the same bytes."""
    return {
        "architecture.md": architecture_page(prod),
        "state-machines.md": machine_page(prod),
        "settings.md": environment_page(),
        "model-keys.md": model_page(),
        **{f"stacks/{module}.md": stack_page(dev, prod, module) for module in prod.stacks},
    }
