"""Print the link that opens the course on Binder, from the git remote: `make binder-link`."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import quote

BINDER = "https://mybinder.org/v2"
OPENS = "lab/tree/my/00_start_here.ipynb"
HOSTS = {"github.com": "gh", "gitlab.com": "gl"}
REMOTE = re.compile(
    r"(?:https?://|ssh://|git://)(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)"  # https://host/owner/name
    r"|(?:[^@/]+@)?(?P<scp_host>[^/:]+):(?!/)(?P<scp_path>.+)"  # git@host:owner/name
)


def launch_link(remote: str) -> str | None:
    """Return the launch link for a git remote, or None for none on the web.

    >>> launch_link("git@github.com:ada/tcp-by-hand.git")
    'https://mybinder.org/v2/gh/ada/tcp-by-hand/HEAD?urlpath=lab/tree/my/00_start_here.ipynb'
    """
    found = REMOTE.fullmatch(remote.strip().rstrip("/"))
    if not found:
        return None
    host = (found["host"] or found["scp_host"]).lower()
    path = (found["path"] or found["scp_path"]).removesuffix(".git")
    match HOSTS.get(host):
        case "gh":
            where = f"gh/{path}"
        case "gl":
            where = f"gl/{quote(path, safe='')}"
        case _:
            where = f"git/{quote(f'https://{host}/{path}', safe='')}"
    return f"{BINDER}/{where}/HEAD?urlpath={OPENS}"


def main() -> int:
    """Print the link of this checkout's remote, or say what is missing."""
    asked = subprocess.run(["git", "remote", "get-url", "origin"], capture_output=True, text=True, check=False)
    link = launch_link(asked.stdout) if asked.returncode == 0 else None
    if link is None:
        print(
            "Binder fetches the course from the web, and this checkout has no remote there.\n"
            "Push it to GitHub or GitLab first, or name the place: git remote add origin https://github.com/YOU/NAME",
            file=sys.stderr,
        )
        return 1
    print(link)
    return 0


if __name__ == "__main__":
    sys.exit(main())
