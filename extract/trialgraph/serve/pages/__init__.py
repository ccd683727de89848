"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import about, ask, home, terms

ROUTES: list[Route] = [*about.ROUTES, *ask.ROUTES, *home.ROUTES, *terms.ROUTES]
