"""Import numpy or pandas when a call first needs it, whole, whatever interrupts the call."""

import sys
import threading
from contextlib import suppress
from importlib import import_module

MISSING = "{0} is not installed in this Python, and this call needs it. To get it: pip install {0}"


def import_whole(name: str) -> None:
    """Import a module that the caller imports next.

    Python cannot repeat an import of compiled modules that Ctrl-C cut short.
    A thread of its own gets no Ctrl-C: it finishes the import meanwhile.
    """
    if name in sys.modules:
        return
    thread = threading.Thread(target=_import_quietly, args=(name,))
    with suppress(RuntimeError):  # a Python without threads
        thread.start()
        thread.join()
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(MISSING.format(name), name=name) from None


def _import_quietly(name: str) -> None:
    with suppress(Exception):  # the caller's own import meets it too
        import_module(name)
