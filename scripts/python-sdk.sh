#!/usr/bin/env bash
# Checks the style and types of the Python SDK, and runs its tests, against the collector and the Swift programs in .build/debug, or
# those that TRACEWIRE_PROGRAM and TRACEWIRE_RECORDING_HOST name. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../clients/python"
environment="$PWD/../../.build/python-sdk/bin"

"$environment/ruff" check --no-cache src tests examples
"$environment/ruff" format --no-cache --check src tests examples
"$environment/mypy" --cache-dir ../../.build/python-sdk/mypy
exec "$environment/python" -B -m pytest -p no:cacheprovider "$@"
