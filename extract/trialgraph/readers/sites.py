"""Sites on a page as a run of lines with nothing that marks where one ends: facility, address, perhaps a status."""

from collections.abc import Callable, Iterable

from trialgraph.readers.page import Line, filled

#: The lines of a site at most.
LONGEST = 3


def run(
    lines: Iterable[Line], is_address: Callable[[Line], bool], is_status: Callable[[Line], bool]
) -> list[list[Line]]:
    """The lines of each site; none if the lines are not clearly such a run.

    A facility's name may read like an address ("Research Site, Madrid, Spain"), so a run without exactly a facility and
    an address for each site could be cut in other ways too.
    """
    found: list[list[Line]] = []
    for line in filled(lines):
        last = found[-1] if found else []
        if (len(last) == 1 and is_address(line)) or (len(last) == LONGEST - 1 and is_status(line)):
            last.append(line)
        else:
            found.append([line])
    return found if all(len(site) > 1 and not is_address(site[0]) for site in found) else []
