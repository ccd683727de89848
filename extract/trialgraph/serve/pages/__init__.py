"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import ask, home, quality, related, trial

ROUTES: list[Route] = [*home.ROUTES, *related.ROUTES, *trial.ROUTES, *ask.ROUTES, *quality.ROUTES]
