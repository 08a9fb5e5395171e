"""A company's network on 127.0.0.1 for networks.sh: a proxy, and behind it servers by HTTPS with a certificate of their own
authority: a registry of crates that wants a token, a mirror that wants none, git repositories that want a password, and a registry
that takes whatever it gets.

network_server.py FOLDER: FOLDER holds server.pem (certificate and key), crates/*.crate and index.json, git/*.git, and secrets (a line
each: the registry's token, git's user and password). Writes the proxy's port to FOLDER/port, and each request, without what is secret in it, to FOLDER/requests."""

import base64
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

folder = Path(sys.argv[1])
token, user, password = (folder / "secrets").read_text(encoding="utf-8").split()
basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
log_lock = threading.Lock()


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        with log_lock, open(folder / "requests", "a", encoding="utf-8") as log:
            seen = " with a secret" if self.headers.get("Authorization") in (token, basic) else ""
            log.write(f"{self.headers.get('Host')} {self.command} {self.path} {status}{seen}\n")
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def wants(self, secret, challenge):
        if self.headers.get("Authorization") == secret:
            return False
        self.answer(401, b"who is it?\n", [("WWW-Authenticate", challenge)])
        return True

    def registry(self, private):
        host = self.headers.get("Host")
        if self.path == "/config.json":
            config = {"dl": f"https://{host}/crates/{{crate}}-{{version}}.crate", "auth-required": private}
            return self.answer(200, json.dumps(config).encode())
        if self.path.startswith("/crates/"):
            file = folder / "crates" / os.path.basename(self.path)
            return self.answer(200, file.read_bytes()) if file.is_file() else self.answer(404)
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        entry = index.get(self.path.rpartition("/")[2])
        return self.answer(200, json.dumps(entry).encode() + b"\n") if entry else self.answer(404)

    def git(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        variables = {
            "GIT_PROJECT_ROOT": str(folder / "git"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH": os.environ["PATH"],
        }
        said = subprocess.run(["git", "http-backend"], input=body, env=variables, stdout=subprocess.PIPE, check=True)
        head, _, content = said.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.answer(status, content, [header for header in headers if header[0] != "Status"])

    def do_GET(self):
        host = (self.headers.get("Host") or "").partition(":")[0]
        if host == "registry.example":
            if not self.wants(token, "Cargo"):
                self.registry(True)
        elif host == "taker.example":
            if self.headers.get("Authorization"):
                self.registry(True)
            else:
                self.answer(401, b"who is it?\n", [("WWW-Authenticate", "Cargo")])
        elif host == "mirror.example":
            self.registry(False)
        elif host == "git.example":
            if not self.wants(basic, 'Basic realm="git"'):
                self.git()
        else:
            self.answer(404)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        with log_lock, open(folder / "requests", "a", encoding="utf-8") as log:
            log.write(f"proxy CONNECT {self.path}\n")
        other = socket.create_connection(server.server_address)
        self.send_response(200)
        self.end_headers()
        threading.Thread(target=copy, args=(other, self.connection), daemon=True).start()
        copy(self.connection, other)

    def log_message(self, *_):
        pass


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "server.pem")
# The handshake is for each connection's own thread: a client that connects and waits would keep all others waiting.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
(folder / "port.new").write_text(str(proxy.server_port), encoding="utf-8")
(folder / "port.new").rename(folder / "port")
proxy.serve_forever()
