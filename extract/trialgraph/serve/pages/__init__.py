"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import home, quality, related

ROUTES: list[Route] = [*home.ROUTES, *quality.ROUTES, *related.ROUTES]
