"""HTTP/1.1 over kept-alive connections, as little of it as a load generator needs."""

import asyncio
import socket
import urllib.parse


class Gone(Exception):
    """The connection broke, or an answer did not come in time."""


class Server:
    """Where requests go, and the connections that wait for their next one."""

    def __init__(self, url, headers, patience):
        parts = urllib.parse.urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url} is not the URL of a server, as http://HOST:PORT is")
        self.host, self.port, self.patience = parts.hostname, parts.port or 80, patience
        self.headers = "".join(f"{header.strip()}\r\n" for header in ["host: " + parts.netloc, *headers])
        self.idle = []

    async def ask(self, method, path, body=b"", key=None):
        """Status and body of the answer."""
        head = f"{method} {path} HTTP/1.1\r\n{self.headers}"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        if key:
            head += f"idempotency-key: {key}\r\n"
        message = head.encode() + b"\r\n" + body
        connection = self.idle.pop() if self.idle else None
        try:
            if connection is None or connection.closed:
                _, connection = await asyncio.get_running_loop().create_connection(Connection, self.host, self.port)
            status, answer = await connection.exchange(message, self.patience)
        except OSError as fault:
            raise Gone(type(fault).__name__) from None
        if not connection.closed:
            self.idle.append(connection)
        return status, answer


class Connection(asyncio.Protocol):
    """HTTP/1.1 with one request at a time; answers must have a content-length."""

    def __init__(self):
        self.closed = False
        self.waiting = None

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def exchange(self, message, patience):
        loop = asyncio.get_running_loop()
        self.waiting, self.buffer = loop.create_future(), b""
        timer = loop.call_later(patience, self.end, "no answer in time")
        self.transport.write(message)
        try:
            return await self.waiting
        finally:
            timer.cancel()
            self.waiting = None

    def data_received(self, data):
        self.buffer += data
        head, blank, body = self.buffer.partition(b"\r\n\r\n")
        if not blank or self.waiting is None or self.waiting.done():
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        if length is None:
            self.end("an answer without content-length")
        elif len(body) >= length:
            if b"connection: close" in lines:
                self.closed = True
                self.transport.close()
            self.waiting.set_result((int(lines[0].split(b" ")[1]), body[:length]))

    def connection_lost(self, fault):
        self.end(type(fault).__name__ if fault else "closed by the server")

    def end(self, why):
        self.closed = True
        self.transport.abort()
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(Gone(why))
