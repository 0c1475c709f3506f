"""A client in a process of its own: keep-alive connections over plain sockets, so that it takes little of the machine.

`python -m tests.bench.client` reads a job as JSON on standard input and writes what it met.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from tests.bench.ground import rule_id, text_of


@dataclass(frozen=True, slots=True)
class Job:
    """Requests to send: `change` documents, `read` them, or read them when they changed (`unchanged`)."""

    url: str
    token: str
    what: str
    connections: int
    each: int
    documents: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """How long all of it took, and each part."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Give the requests a second."""
        return len(self.latencies) / self.seconds


def run_client(job: Job) -> Load:
    """Run a job in a process of its own.

    Raises:
        RuntimeError: an answer was not what the job expects.
    """
    command = [sys.executable, "-m", "tests.bench.client"]
    done = subprocess.run(command, input=json.dumps(asdict(job)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Load(**json.loads(done.stdout))


class Connection:
    """One keep-alive connection."""

    def __init__(self, job: Job) -> None:
        address = urlsplit(job.url)
        self._socket = socket.create_connection((address.hostname, address.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._job = job
        self._head = f"Host: {address.netloc}\r\nX-API-Token: {job.token}\r\n"
        self.etag = ""

    def send(self, number: int) -> None:
        """Send one request and check its answer."""
        job = self._job
        path = f"/api/25/rules/{rule_id(number * 7919 % job.documents)}" if job.documents else "/"
        if job.what == "change":
            body = json.dumps({"longDescription": text_of(number)})
            more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            self._exchange(f"POST {path} HTTP/1.1\r\n{self._head}{more}\r\n{body}", b"200")
        elif job.what == "unchanged":
            self._exchange(f"GET {path} HTTP/1.1\r\n{self._head}If-None-Match: *\r\n\r\n", b"304")
        else:
            self._exchange(f"GET {path} HTTP/1.1\r\n{self._head}\r\n", b"200")

    def _exchange(self, request: str, status: bytes) -> None:
        self._socket.sendall(request.encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 " + status):
            raise RuntimeError(received.decode())
        lowered = head.lower()
        at = lowered.find(b"content-length: ")
        length = int(lowered[at + 16 :].split(b"\r\n")[0]) if at >= 0 and status != b"304" else 0
        missing = length - len(body)
        while missing > 0:
            missing -= len(self._receive())

    def _receive(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part


def main() -> None:
    """Run the job on standard input."""
    job = Job(**json.load(sys.stdin))
    latencies: list[float] = []
    failures: list[Exception] = []
    gate = threading.Barrier(job.connections + 1)

    def work(place: int) -> None:
        try:
            connection = Connection(job)
            gate.wait()
            for number in range(place * job.each, (place + 1) * job.each):
                began = time.perf_counter()
                connection.send(job.first + number)
                latencies.append(time.perf_counter() - began)
        except Exception as failure:  # noqa: BLE001  told to the caller
            failures.append(failure)
            gate.abort()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(job.connections)]
    for thread in threads:
        thread.start()
    try:
        gate.wait()
    except threading.BrokenBarrierError:
        sys.exit(f"{failures}")
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        sys.exit(f"{failures[0]}")
    json.dump({"seconds": seconds, "latencies": latencies}, sys.stdout)


if __name__ == "__main__":
    main()
