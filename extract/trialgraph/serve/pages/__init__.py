"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import about, ask, find, home, search, terms

ROUTES: list[Route] = [
    *about.ROUTES,
    *ask.ROUTES,
    *find.ROUTES,
    *home.ROUTES,
    *search.ROUTES,
    *terms.ROUTES,
]
