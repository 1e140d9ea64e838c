"""A server of models: it answers requests as it is told, in the forms of the providers' interfaces."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What one request is answered with."""

    #: An object, which becomes JSON, or None if it is a stream.
    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    #: The events of a stream, as texts; an Event between them is waited for before the next is sent. If it never comes, the
    #: stream ends there.
    events: list | None = None


class ModelServer:
    """Answers in the order of `answers`, the last one again and again, and keeps what it was asked in `requests`."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def says(self, *answers):
        self.answers = [answer if isinstance(answer, Answer) else Answer(answer) for answer in answers]

    def take(self, request):
        with self._lock:
            self.requests.append(request)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = server.take({"path": self.path, "headers": dict(self.headers), "body": body})
                try:
                    self.respond(answer)
                except OSError:
                    self.close_connection = True  # Whoever asked has gone.

            def respond(self, answer):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.events is not None:
                    self.stream(answer.events)
                    return
                data = json.dumps(answer.body).encode()
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def stream(self, events):
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.end_headers()
                self.close_connection = True
                for event in events:
                    if not isinstance(event, threading.Event):
                        self.wfile.write(event.encode())
                        self.wfile.flush()
                    elif not event.wait(timeout=60):
                        return

            def log_message(self, *_):
                pass

        return Handler


def chat_events(*chunks, done=True):
    """Chunks of a chat completion as the events of a stream."""
    events = [chunk if isinstance(chunk, threading.Event) else f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return [*events, "data: [DONE]\n\n"] if done else events


def typed_events(*events):
    """Events that have their type as the name too, as those of responses and messages."""
    return [
        event if isinstance(event, threading.Event) else f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
        for event in events
    ]
