"""`python -m commands`, which the script `mlops` at the root calls."""

from commands.app import app

if __name__ == "__main__":
    app(prog_name="./mlops")
