"""A slow connection: what goes through it is late, and there is only so much of it a second."""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator

ROUND_TRIP_SECONDS = 0.005
BYTES_PER_SECOND = 100_000_000 / 8
# What is under way at once, as in the buffers of a real connection.
PIECE_BYTES, PIECES = 16 * 1024, 32

HOST = "127.0.0.1"


@contextlib.contextmanager
def slow(port: int) -> Iterator[int]:
    """Stands in front of a port of this machine, and gives its own."""
    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=accept, args=(listener, port), daemon=True).start()
        yield listener.getsockname()[1]
        # Wakes the thread that waits for clients.
        listener.shutdown(socket.SHUT_RDWR)


def accept(listener: socket.socket, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection((HOST, port))
            for near, far in ((client, server), (server, client)):
                far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=carry, args=(near, far), daemon=True).start()


def carry(near: socket.socket, far: socket.socket) -> None:
    """Carries what comes out of one socket to the other."""
    under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(PIECES)
    threading.Thread(target=deliver, args=(under_way, far), daemon=True).start()
    free_at = 0.0
    piece = b"-"
    while piece:
        piece = received(near)
        free_at = max(free_at, time.monotonic()) + len(piece) / BYTES_PER_SECOND
        under_way.put((free_at + ROUND_TRIP_SECONDS / 2, piece))


def deliver(under_way: queue.Queue[tuple[float, bytes]], far: socket.socket) -> None:
    piece = b"-"
    with contextlib.suppress(OSError):
        while piece:
            due, piece = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            far.sendall(piece)
        far.shutdown(socket.SHUT_WR)
    # Where the far side is gone, nobody may wait for ever to put something into a full queue.
    while piece:
        _, piece = under_way.get()


def received(near: socket.socket) -> bytes:
    """The next bytes; none at the end."""
    with contextlib.suppress(OSError):
        return near.recv(PIECE_BYTES)
    return b""
