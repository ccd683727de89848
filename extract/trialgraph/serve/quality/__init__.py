"""How complete the trials of a store are: the findings of a validation and the scores, in a file to ask."""

import datetime

from trialgraph.serve.background import Derived
from trialgraph.serve.quality import making

NAME = "quality.sqlite"


def file() -> Derived:
    """The file as it is to be made today."""
    return Derived(NAME, making.make, making.form(), datetime.date.today().isoformat())
