"""A value that raises at every touch, and answers that are spoiled."""

import inspect


class Hostile:
    def __getattribute__(self, name):
        raise RuntimeError("hands off")

    __call__ = __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __index__ = __getattribute__


def spoiled(right, make):
    """Return what `make` makes of a right function; of a class, the class with its last method made so."""
    if not isinstance(right, type):
        return make(right)
    method = [name for name, value in vars(right).items() if inspect.isfunction(value)][-1]
    return type(right.__name__, (right,), {method: make(getattr(right, method))})
