"""Makes HTML of Markdown as GitHub writes it: with tables, and with addresses that become links by themselves."""

import json
import sys

from markdown_it import MarkdownIt

json.dump(MarkdownIt("gfm-like").render(sys.stdin.read()), sys.stdout)
