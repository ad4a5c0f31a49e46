"""The process that is attacked."""

import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WAIT = 30
"""How long a client waits for a response, in seconds."""


class Service:
    """A process that listens on a free port, until the end of the block."""

    profile = "release"

    def __init__(self, program, *options, log="wsgiservice::access=off,info"):
        """Without a line for each request in the log, unless `log` says otherwise."""
        self.command = [BUILDS / self.profile / program, "--bind", "127.0.0.1:0", "--log", log, *options]
        self.file = None
        """The file of its database, if it has one."""
        self.log = tempfile.TemporaryFile()
        self.ended_cpu = self.ended_peak = 0
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.log.close()

    def start(self):
        # Python ignores SIGXFSZ, and so does the service then: a write beyond the limit of a file is an error.
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            restore_signals=False,
        )
        line = self.process.stdout.readline()
        address = re.search(r"http://([0-9.]+):(\d+)", line)
        if not address:
            self.kill()
            raise RuntimeError(f"{self.command} does not start: {line}")
        self.address = (address[1], int(address[2]))

    def kill(self):
        """Ends it with SIGKILL."""
        if self.is_running():
            self.ended_cpu, self.ended_peak = self.cpu(), self.peak()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def restart(self):
        self.kill()
        self.start()

    def stop(self):
        """Ends it with SIGTERM, and returns its exit code and after how many seconds it ended."""
        self.ended_cpu, self.ended_peak = self.cpu(), self.peak()
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(2 * WAIT)
        return code, time.monotonic() - begin

    def is_running(self):
        return self.process.poll() is None

    def limit(self, kind, number):
        """Sets a limit of the process, such as RLIMIT_NOFILE, so that it can be raised again."""
        resource.prlimit(self.process.pid, kind, (number, resource.prlimit(self.process.pid, kind)[1]))

    def connect(self, receive_buffer=None):
        """Connects; with a small buffer, a client that does not read soon has no room for more."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(WAIT)
        connection.connect(self.address)
        return connection

    def exchange(self, request):
        """Sends a request on a connection of its own, reads the response, and returns its head as bytes.

        What the service sends is read while the request is sent, since it may respond before it has all."""
        with self.connect() as connection:
            sender = threading.Thread(target=send, args=(connection, request))
            sender.start()
            received, total = bytearray(), 0
            try:
                while piece := connection.recv(1 << 20):
                    total += len(piece)
                    if len(received) < 1 << 16:
                        received += piece
            except ConnectionResetError:
                pass
            sender.join(WAIT)
        return bytes(received).partition(b"\r\n\r\n")[0]

    def holds(self):
        """The ports of the clients whose connections it holds, whether or not they read."""
        ports = set()
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            # A connection that the process has closed has no inode.
            if int(fields[1][-4:], 16) == self.address[1] and fields[3] != "0A" and fields[9] != "0":
                ports.add(int(fields[2][-4:], 16))
        return ports

    def cpu(self):
        """The processor time of its threads, and of the processes before it, in ms."""
        if not self.is_running():
            return self.ended_cpu
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        try:
            # In ns, while `stat` counts hundredths of a second.
            times = [(task / "schedstat").read_text().split()[0] for task in tasks.iterdir()]
            return self.ended_cpu + sum(map(int, times)) / 1e6
        except FileNotFoundError:
            fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            return self.ended_cpu + (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Its memory, in MB."""
        return self.figure("VmRSS")

    def peak(self):
        """The highest memory so far of it or of a process before it, in MB."""
        return max(self.ended_peak, self.figure("VmHWM") if self.is_running() else 0)

    def figure(self, name):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) * 1024 / 1e6

    def logged(self):
        """The size of its log, in kB."""
        return os.fstat(self.log.fileno()).st_size / 1e3


def send(connection, request):
    try:
        connection.sendall(request)
    except OSError:
        pass  # The service responded, and closed the connection.
