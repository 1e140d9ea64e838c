"""The example that the README shows runs, and records what it does."""

import json
import os
import subprocess
import sys

from support.places import ROOT, SOURCES

EXAMPLE = ROOT / "clients" / "python" / "examples" / "date_planner.py"


def test_the_date_planner_is_recorded_with_everything_that_it_does(collector, tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCES),
        "TRACEWIRE_CONNECT": collector.address,
        "TRACEWIRE_SPOOL": str(tmp_path / "spool"),
    }
    command = [sys.executable, str(EXAMPLE), "a calm evening"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "Daelim Museum → Oriole Tea Room"
    assert "rejected" not in done.stdout

    (workflow,) = collector.rows("SELECT *, (SELECT username FROM users WHERE users.id = user_id) AS username FROM workflows")
    assert (workflow["name"], workflow["status"], workflow["username"]) == ("date_course", "completed", "mina")
    assert (workflow["user_input"], workflow["tags"]) == ("a calm evening", ["example"])
    assert workflow["user_intent"] == {"mood": "calm", "kinds": ["gallery", "tea"]}
    assert workflow["final_itinerary"] == ["Daelim Museum", "Oriole Tea Room"]

    nodes = collector.rows(
        "SELECT node_name, node_type, status, execution_order, state_data FROM nodes ORDER BY execution_order, id"
    )
    assert sorted((row["execution_order"], row["node_name"], row["node_type"], row["status"]) for row in nodes) == [
        (1, "understand", "llm", "completed"),
        (2, "find_food", "search", "skipped"),
        (2, "find_gallery", "search", "completed"),
        (2, "find_places", "tool", "completed"),
        (2, "find_places", "tool", "completed"),
        (2, "find_tea", "search", "completed"),
        (3, "arrange", "llm", "completed"),
    ]
    assert nodes[-1]["state_data"]["stops"] == ["Daelim Museum", "Oriole Tea Room"]

    calls = collector.rows("SELECT model_name, model_provider, user_prompt, output, temperature, total_tokens FROM generations")
    assert {(call["model_name"], call["model_provider"], call["temperature"]) for call in calls} == {
        ("planner-1", "made-up", 0.2)
    }
    assert calls[0]["user_prompt"] == "a calm evening"
    assert json.loads(calls[1]["output"]) == ["Daelim Museum", "Oriole Tea Room"]
    assert all(call["total_tokens"] > 0 for call in calls)
