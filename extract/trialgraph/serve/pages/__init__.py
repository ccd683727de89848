"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import about, ask, find, home, locations, search, terms, things

ROUTES: list[Route] = [
    *about.ROUTES,
    *ask.ROUTES,
    *find.ROUTES,
    *home.ROUTES,
    *locations.ROUTES,
    *search.ROUTES,
    *terms.ROUTES,
    *things.ROUTES,
]
