"""The HTTP endpoint: POST {"text": "..."} to /score answers {"score": 0.93}."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sentiment import Model

LONGEST_BODY = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    model = Model()

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/healthz" else 404, {})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if self.path != "/score" or not 0 < length <= LONGEST_BODY:
            self.answer(400, {"error": "POST a small JSON object to /score"})
            return
        try:
            text = str(json.loads(self.rfile.read(length))["text"])
        except (ValueError, KeyError, TypeError):
            self.answer(400, {"error": 'expected {"text": "..."}'})
            return
        self.answer(200, {"score": round(self.model.score(text), 4)})

    def answer(self, status: int, body: dict) -> None:
        encoded = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Handler).serve_forever()
