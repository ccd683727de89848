"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import about, home, terms

ROUTES: list[Route] = [*about.ROUTES, *home.ROUTES, *terms.ROUTES]
