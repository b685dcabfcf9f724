"""Runs a command on a terminal of 80 columns and answers its question.

    on_a_terminal.py ANSWER COMMAND…

Prints what the terminal showed and ends as the command did. Ctrl-C is the answer `\x03`.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

QUESTION = b"[y/N] "

answer, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execv(command[0], command)

shown = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # Linux says so when nobody has the other end any more.
        piece = b""
    if not piece:
        break
    shown += piece
    if shown.endswith(QUESTION):
        os.write(terminal, answer.encode() + (b"" if answer == "\x03" else b"\n"))

sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
