"""Generated names as CloudFormation gives them: another one for each stack that is made, though it be called the same.

ministack's follow from the stack's name alone, so that a stack made again would meet, or take over, what was kept.
"""

from __future__ import annotations

import hashlib

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation": ("_stacks",),
    "ministack.services.cloudformation.provisioners": ("_physical_name",),
}

SUFFIX_LENGTH = 13


def install() -> None:
    """Replace the end of every generated name by one that follows from the stack's identifier too."""
    stock = provisioners._physical_name

    def physical_name(
        stack_name: str, logical_id: str, *, lowercase: bool = False, max_len: int = 128, seeded: bool = True
    ) -> str:
        name: str = stock(stack_name, logical_id, max_len=max_len, seeded=seeded)
        stack = cloudformation._stacks.get(stack_name) or {}
        digest = hashlib.sha256(f"{name}:{stack.get('StackId', '')}".encode()).hexdigest()
        name = name[:-SUFFIX_LENGTH] + digest[:SUFFIX_LENGTH].upper()
        return name.lower() if lowercase else name

    provisioners._physical_name = physical_name
