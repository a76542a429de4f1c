"""Keep the grammar of internationalized addresses (RFC 3987) out of pytest's process: it takes a second to build.

nbval imports nbformat, that imports jsonschema, and that imports the grammar
where it is installed (JupyterLab brings it). No notebook's schema names such
an address. pytest loads this before its other plugins: `-p` in pyproject.toml.
"""

import sys

sys.modules["rfc3987_syntax"] = None  # an import of it fails, and jsonschema goes on without
