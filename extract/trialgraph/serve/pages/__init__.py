"""The pages, one module each with its routes."""

from starlette.routing import Route

from trialgraph.serve.pages import (
    about,
    ask,
    find,
    home,
    locations,
    neighbourhood,
    quality,
    related,
    search,
    terms,
    things,
    trial,
)

ROUTES: list[Route] = [
    *about.ROUTES,
    *ask.ROUTES,
    *find.ROUTES,
    *home.ROUTES,
    *locations.ROUTES,
    *neighbourhood.ROUTES,
    *quality.ROUTES,
    *related.ROUTES,  # before the page of a trial, which would take "related" for an id
    *search.ROUTES,
    *terms.ROUTES,
    *things.ROUTES,
    *trial.ROUTES,
]
