import os


def before(x):
    """Good."""
    return os.path.join(x)


class Half:
    def good(self):
        return before(1)

    def bad(self, :
        return (

    def also_good(self):
        return self.good()


def unfinished(x
    pass


def after(y):
    return before(y)
