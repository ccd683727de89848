"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import (
    about,
    ask,
    find,
    home,
    locations,
    neighbourhood,
    quality,
    related,
    search,
    terms,
    things,
    trial,
)

#: The page of a trial comes last: it would take the address of a part of it for an id.
_PAGES = (about, ask, find, home, locations, neighbourhood, quality, related, search, terms, things, trial)

ROUTES: list[Route] = [route for page in _PAGES for route in page.ROUTES]
