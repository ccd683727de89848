"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import find, home, search

ROUTES: list[Route] = [*home.ROUTES, *search.ROUTES, *find.ROUTES]
