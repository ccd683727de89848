"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import home, trial

ROUTES: list[Route] = [*home.ROUTES, *trial.ROUTES]
