"""Where the program is."""

import os
import shutil
import sys
import sysconfig


def program() -> str:
    """Returns the path of the program `fanfold`: what $FANFOLD names, the one that was installed with this module, or the
    one on the PATH.

    Raises FileNotFoundError when there is none.
    """
    named = os.environ.get("FANFOLD")
    if named:
        return named
    user = "posix_user" if sys.version_info < (3, 10) else sysconfig.get_preferred_scheme("user")
    for directory in (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", user)):
        path = os.path.join(directory, "fanfold")
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("fanfold")
    if found is None:
        raise FileNotFoundError("the program fanfold is neither installed with this module nor on the PATH")
    return found
