#!/usr/bin/env python3
"""Load on a running server, as channels make it: complaints with their keys, and a ledger of what was acknowledged.

    tests/load/intake.py send --rate 200 --seconds 60 --ledger acked.jsonl http://127.0.0.1:8080
    tests/load/intake.py send --closed 16 --seconds 15 --path /v1/classify http://127.0.0.1:8080
    tests/load/intake.py send --rate 50 --count 2000 --retry 30 --ledger acked.jsonl http://127.0.0.1:8080   # survives restarts
    tests/load/intake.py verify --again acked.jsonl http://127.0.0.1:8080
    tests/load/intake.py limit          # what this program itself can drive, against a server that does nothing

Open loop (--rate): request i is due at i / rate, whatever became of those before, and its latency counts from when it was due:
a server that stalls is charged for all who would have come meanwhile. Closed loop (--closed N): N callers, each of which sends
its next when it has its answer. Latencies are of what was acknowledged. Connections are kept alive. `late` is how far this
program itself lagged behind its own schedule; where it is not small, the numbers are about this program.

--retry SECONDS: a refusal (429, 503) or a broken connection is tried again, same key, same body; the latency goes on counting.
The ledger gets a line before the acknowledgement counts: {"n", "key", "status", "id", "number", "ticket"}, after a first line
that says how the bodies were made. `verify` asks for each id, and that no id or number was given twice; with --again each
request is sent once more and must give the same id and number.

Exit code: 0 all acknowledged (all there), 1 some were not, 2 could not run.
"""

import argparse
import asyncio
import collections
import json
import math
import pathlib
import random
import sys
import time
import urllib.parse

# No compiled copies beside the sources.
sys.dont_write_bytecode = True
from complaints import Complaints, Unreadable
from connection import Gone, Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TRY_AGAIN = (429, 503)


def fail(error, hint):
    print(f"error: {error}\nhint: {hint}", file=sys.stderr)
    raise SystemExit(2)


class Load:
    """One run: who is due when, what came of it."""

    def __init__(self, wish, complaints, server, ledger):
        self.wish, self.complaints, self.server, self.ledger = wish, complaints, server, ledger
        self.latencies, self.late = [], []
        self.outcomes, self.again = collections.Counter(), 0
        self.last = self.begun = 0.0

    async def run(self):
        self.begun = time.monotonic()
        until = self.begun + self.wish.seconds if self.wish.seconds else math.inf
        await (self.open(until) if self.wish.rate else self.closed(until))

    async def open(self, until):
        places = asyncio.Semaphore(self.wish.connections)
        tasks = set()
        n = 0
        while n < self.wish.count:
            due = self.begun + n / self.wish.rate
            if due >= until:
                break
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.late.append(time.monotonic() - due)
            task = asyncio.create_task(self.one(n, due, places))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            n += 1
        if tasks:
            await asyncio.wait(tasks)

    async def closed(self, until):
        numbers = iter(range(10**12) if self.wish.count == math.inf else range(self.wish.count))

        async def caller():
            while time.monotonic() < until and (n := next(numbers, None)) is not None:
                await self.one(n, time.monotonic())

        await asyncio.gather(*(caller() for _ in range(self.wish.closed)))

    async def one(self, n, due, places=None):
        body, key = self.complaints.body(n), self.complaints.key(n)
        pause = 0.05
        while True:
            if places:
                await places.acquire()
            try:
                status, answer = await self.server.ask("POST", self.wish.path, body, key)
                outcome = f"{status} {problem_code(answer)}".strip() if status >= 400 else str(status)
            except Gone as fault:
                status, outcome = 0, str(fault)
            finally:
                if places:
                    places.release()
            now = time.monotonic()
            if (status and status not in TRY_AGAIN) or now - due + pause > self.wish.retry:
                break
            self.again += 1
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, 1.0)
        if 200 <= status < 300:
            if self.ledger:
                self.ledger.write(json.dumps({"n": n, "key": key, "status": status, **named(answer)}) + "\n")
            self.latencies.append(now - due)
        self.last = now
        self.outcomes[outcome] += 1

    def report(self):
        wish, took = self.wish, self.last - self.begun
        sent, done = sum(self.outcomes.values()), len(self.latencies)
        how = f"{wish.rate:g}/s, at most {wish.connections} connections" if wish.rate else f"{wish.closed} callers"
        print(f"POST {wish.path}: {how}; {sent} requests in {took:.1f} s, {done} acknowledged, {done / max(took, 1e-9):.1f}/s")
        print(f"latency ms  {percentiles(self.latencies)}")
        if self.late:
            print(f"late ms     {percentiles(self.late)}")
        print("outcomes    " + ", ".join(f"{what}: {count}" for what, count in self.outcomes.most_common()))
        if self.again:
            print(f"tried again {self.again}")
        return done == sent > 0


def named(answer):
    """What names a complaint in an acknowledgement."""
    try:
        answer = json.loads(answer)
        return {name: answer[name] for name in ("id", "number", "ticket") if name in answer}
    except ValueError:
        return {}


def problem_code(answer):
    try:
        return json.loads(answer).get("code", "")
    except (ValueError, AttributeError):
        return ""


def percentiles(seconds):
    if not seconds:
        return "(none)"
    ordered = sorted(seconds)
    at = lambda share: 1000 * ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
    points = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)]
    return "  ".join(f"{name} {at(share):.1f}" for name, share in points)


def opened(texts, seed, path, wish):
    """What is sent, and where to."""
    try:
        return Complaints(texts, seed, path), Server(wish.url, wish.header, wish.timeout)
    except (Unreadable, ValueError) as fault:
        fail(str(fault), 'texts are a JSONL file whose lines have a "text"; servers are http://HOST:PORT')


async def send(wish):
    complaints, server = opened(wish.texts, wish.seed, wish.path, wish)
    # A line is on its way to the disk before anything else happens: this program may be killed too.
    ledger = open(wish.ledger, "w", buffering=1) if wish.ledger else None
    if ledger:
        ledger.write(json.dumps(complaints.told) + "\n")
    load = Load(wish, complaints, server, ledger)
    await load.run()
    return load.report()


async def verify(wish):
    try:
        with open(wish.ledger, encoding="utf-8") as lines:
            told, *entries = [json.loads(line) for line in lines if line.endswith("\n")]
    except (OSError, ValueError) as fault:
        fail(f"cannot read the ledger {wish.ledger}: {fault}", "it is what `send --ledger` wrote")
    if not entries:
        fail(f"nothing was acknowledged in {wish.ledger}", "a check of nothing says nothing")
    complaints, server = opened(told["texts"], told["seed"], told["path"], wish)
    wrong = [f"{name} {value} was given {count} times" for name in ("key", "id", "number", "ticket")
             for value, count in collections.Counter(e[name] for e in entries if name in e).items() if count > 1]
    wrong += [f"{entry['key']} was acknowledged without an id" for entry in entries if "id" not in entry]
    entries = [entry for entry in entries if "id" in entry]

    async def check(entry):
        known = {name: entry[name] for name in ("id", "number", "ticket") if name in entry}
        try:
            status, answer = await server.ask("GET", f"{told['path']}/{urllib.parse.quote(entry['id'], safe='')}")
            found = named(answer)
            if status != 200:
                wrong.append(f"{entry['key']}: {entry['id']} is not there: {status} {problem_code(answer)}")
                return
            if any(found.get(name) != known.get(name) for name in ("id", "number")):
                wrong.append(f"{entry['key']}: asked for {known}, found {found}")
            if wish.again:
                status, answer = await server.ask("POST", told["path"], complaints.body(entry["n"]), entry["key"])
                if not 200 <= status < 300 or named(answer) != known:
                    wrong.append(f"{entry['key']}: {known} sent again gives {status} {problem_code(answer)} {named(answer)}")
        except Gone as fault:
            wrong.append(f"{entry['key']}: {fault}")

    queue = iter(entries)

    async def caller():
        for entry in queue:
            await check(entry)

    await asyncio.gather(*(caller() for _ in range(16)))
    for line in wrong[:20]:
        print(line)
    print(f"verify: {len(entries)} acknowledged complaints, {len(wrong)} faults" + (", each sent again" if wish.again else ""))
    return not wrong


class Nothing(asyncio.Protocol):
    """A server that acknowledges at once: the limit of this program is measured against it."""

    count = 0

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            size = end + 4 + int(self.buffer[:end].split(b"content-length: ")[1].split(b"\r\n")[0])
            if len(self.buffer) < size:
                return
            self.buffer = self.buffer[size:]
            Nothing.count += 1
            body = b'{"id": "%d", "number": "%d"}' % (Nothing.count, Nothing.count)
            self.transport.write(b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))


async def nothing():
    server = await asyncio.get_running_loop().create_server(Nothing, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def limit(wish):
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, "nothing", stdout=asyncio.subprocess.PIPE)
    try:
        wish.url = f"http://127.0.0.1:{int(await process.stdout.readline())}"
        for wish.rate, wish.closed in [(0, 16), *((rate, 0) for rate in wish.rates)]:
            await send(wish)
    finally:
        process.kill()
        await process.wait()
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--header", action="append", default=[], metavar="NAME: VALUE", help="sent with every request")
    shared.add_argument("--timeout", type=float, default=30, metavar="SECONDS", help="for one answer (default 30)")
    making = argparse.ArgumentParser(add_help=False)
    making.add_argument("--path", default="/v1/complaints", help="where complaints go (default /v1/complaints)")
    texts = ROOT / "datasets/retail/dev.jsonl"
    making.add_argument("--texts", default=texts, metavar="FILE", help="JSONL with texts (default the dev set)")
    making.add_argument("--seed", default="17", help="which complaints and keys (default 17): another for each run on a store")
    making.add_argument("--ledger", metavar="FILE", help="where to note what was acknowledged")
    making.add_argument("--connections", type=int, default=256, help="at most so many at once in an open loop (default 256)")
    making.add_argument("--seconds", type=float, help="how long requests are sent")
    making.add_argument("--count", type=int, default=math.inf, help="how many requests are sent")
    making.add_argument("--retry", type=float, default=0, metavar="SECONDS", help="how long one is tried again (default 0: not)")
    sending = commands.add_parser("send", parents=[shared, making])
    loop = sending.add_mutually_exclusive_group(required=True)
    loop.add_argument("--rate", type=float, help="open loop: requests a second")
    loop.add_argument("--closed", type=int, metavar="N", help="closed loop: callers")
    sending.add_argument("url")
    verifying = commands.add_parser("verify", parents=[shared])
    verifying.add_argument("--again", action="store_true", help="send each request once more: it must be known")
    verifying.add_argument("ledger")
    verifying.add_argument("url")
    limiting = commands.add_parser("limit", parents=[shared, making])
    limiting.add_argument("--rates", type=float, nargs="*", default=[500, 1000, 2000, 4000])
    commands.add_parser("nothing")
    wish = parser.parse_args()
    if wish.command == "limit":
        wish.seconds = wish.seconds or 5
    if wish.command == "send" and wish.seconds is None and wish.count == math.inf:
        parser.error("one of --seconds and --count is needed")
    if wish.command == "send" and ((wish.rate or wish.closed) <= 0 or wish.connections <= 0):
        parser.error("--rate, --closed and --connections must be above 0")
    work = {"send": lambda: send(wish), "verify": lambda: verify(wish), "limit": lambda: limit(wish), "nothing": nothing}
    try:
        raise SystemExit(0 if asyncio.run(work[wish.command]()) else 1)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
