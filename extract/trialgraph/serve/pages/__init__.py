"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import about, ask, home, quality, related, terms, trial

ROUTES: list[Route] = [
    *about.ROUTES,
    *ask.ROUTES,
    *home.ROUTES,
    *quality.ROUTES,
    *related.ROUTES,  # before the page of a trial, which would take "related" for an id
    *terms.ROUTES,
    *trial.ROUTES,
]
