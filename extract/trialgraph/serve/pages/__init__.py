"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import ask, home, neighbourhood

ROUTES: list[Route] = [*home.ROUTES, *ask.ROUTES, *neighbourhood.ROUTES]
