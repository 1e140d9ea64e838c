"""What a handler for LangChain has recorded, at a collector of the test's own."""

import json

from tracewire.langchain import TracewireHandler


class Traced:
    """A handler, the configuration that has it, and what arrived."""

    def __init__(self, collector, client):
        self.collector, self.client = collector, client
        self.handler = TracewireHandler(client=client)
        self.config = {"callbacks": [self.handler]}

    def renew(self):
        """As another process: a handler that remembers nothing."""
        self.handler = TracewireHandler(client=self.client)
        self.config = {"callbacks": [self.handler]}

    def rows(self, statement):
        """Rows, when everything has arrived, nothing was rejected or went wrong on the way, and no run is left."""
        report = self.client.flush(timeout=30)
        assert report.is_complete, report
        assert report.failures == report.refused == report.parked == 0
        assert len(self.handler._recorder.runs) == 0
        return self.collector.rows(statement)

    def nodes(self, columns="node_name, status, execution_order"):
        found = self.rows(f"SELECT {columns} FROM nodes ORDER BY workflow_id, execution_order, id")
        return [tuple(row.values()) for row in found]

    def calls(self, columns="*"):
        """The generations, with the name of the node that each is in."""
        return self.rows(
            f"SELECT {columns}, (SELECT node_name FROM nodes WHERE nodes.id = node_id) AS node_name FROM generations ORDER BY id"
        )

    def workflow(self, columns="*"):
        (row,) = self.rows(f"SELECT {columns} FROM workflows")
        return row


def parsed(text):
    """A text column that is JSON."""
    return json.loads(text)
