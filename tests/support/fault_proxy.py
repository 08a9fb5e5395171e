#!/usr/bin/env python3
"""A proxy before a registry on loopback that fails as it is told.

Usage: fault_proxy.py HOST:PORT FOLDER
Its own port stands in FOLDER/port. FOLDER/fault says, anew for each request, what goes wrong: "FAULT [AFTER]", where AFTER is
the number of requests since the fault was set that go well. The faults:
    none        nothing
    slow        no answer at all
    trickle     a body comes at a few bytes a second
    garbage     bytes that are no answer of a registry's, with status 200
    drop        the connection ends without an answer
    STATUS      an answer with this status, such as 401, 429 (with Retry-After: 1) or 500
    truncate    the second half of each body is missing
    flip        one bit of each manifest and blob is another one
FOLDER/log has a line for each request: the fault, the method and the path.
"""
import http.client
import http.server
import pathlib
import socket
import sys
import threading
import time

upstream, folder = sys.argv[1], pathlib.Path(sys.argv[2])
lock = threading.Lock()
state = {"text": "", "count": 0}
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


def present_fault() -> str:
    """The fault for this request."""
    with lock:
        text = (folder / "fault").read_text(encoding="utf-8").strip()
        if text != state["text"]:
            state.update(text=text, count=0)
        state["count"] += 1
        name, _, after = text.partition(" ")
        return "none" if state["count"] <= int(after or 0) else name


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.close_connection = True
        return body

    def end(self, body, length=None, pause=0.0):
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "HEAD":
            return
        if not pause:
            self.wfile.write(body)
            return
        for i in range(0, len(body), 16):
            self.wfile.write(body[i : i + 16])
            self.wfile.flush()
            time.sleep(pause)

    def forward(self, sent):
        connection = http.client.HTTPConnection(upstream, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():  # of one name there may be several
            if name.lower() not in HOP:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(sent)))
        connection.endheaders(sent)
        answer = connection.getresponse()
        body = answer.read()
        length = answer.getheader("Content-Length")
        connection.close()
        return answer.status, answer.getheaders(), body, length

    def read_sent(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            sent = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                sent += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return sent
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def handle_one(self):
        fault = present_fault()
        with lock, open(folder / "log", "a", encoding="utf-8") as log:
            log.write(f"{fault} {self.command} {self.path}\n")
        if fault == "slow":
            time.sleep(3600)
        if fault == "drop":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        sent = self.read_sent()
        if fault == "garbage":
            self.reply(200, [("Content-Type", "text/html")], b"")
            self.end(b"<html>\x00\xff this is no registry \x1b[31m" * 20)
            return
        if fault.isdigit():
            headers = [("Retry-After", "1")] if fault == "429" else []
            self.reply(int(fault), headers + [("Content-Type", "application/json")], b"")
            code = {"401": "UNAUTHORIZED", "403": "DENIED", "429": "TOOMANYREQUESTS"}.get(fault, "UNKNOWN")
            self.end(b'{"errors": [{"code": "%s", "message": "%s by the proxy"}]}' % (code.encode(), code.lower().encode()))
            return
        try:
            status, headers, body, length = self.forward(sent)
        except (OSError, http.client.HTTPException):  # the registry itself is gone
            self.reply(502, [], b"")
            self.end(b"")
            return
        self.reply(status, headers, body)
        if self.command == "HEAD":
            self.end(b"", length or 0)
        elif fault == "truncate" and body:
            self.end(body[: len(body) // 2], len(body))
        elif fault == "flip" and body and not self.path.endswith("/tags/list"):
            middle = len(body) // 2
            self.end(body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])
        else:
            self.end(body, pause=1.0 if fault == "trickle" else 0.0)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one


(folder / "log").touch()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
server.daemon_threads = True
(folder / "port.new").write_text(str(server.server_address[1]), encoding="utf-8")
(folder / "port.new").rename(folder / "port")
server.serve_forever()
