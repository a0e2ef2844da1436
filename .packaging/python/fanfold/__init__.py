"""Workers for `fanfold run --pool`, and such pools in a Python program.

    from fanfold import serve
    serve(function)                         # in a worker: one name in, one reply out

    for name, answer in fanfold.imap(function, names, jobs=4):
        ...                                 # in a program: answers in the order of the names
"""

from ._errors import JobError, PoolError
from ._imap import Pool, imap
from ._program import program
from ._serve import serve

__all__ = ["JobError", "Pool", "PoolError", "imap", "program", "serve"]
