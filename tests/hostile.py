"""A value that raises at every touch."""


class Hostile:
    def __getattribute__(self, name):
        raise RuntimeError("hands off")

    __call__ = __repr__ = __str__ = __eq__ = __hash__ = __len__ = __iter__ = __bool__ = __index__ = __getattribute__
