"""The service description: what the endpoint can do, as a graph. https://www.w3.org/TR/sparql11-service-description/"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


async def service(request: Request) -> Response:
    """The description of the endpoint, for a request without a query."""
    text = (
        "@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .\n"
        f"[] a sd:Service ; sd:endpoint <{request.url.replace(query='')}> ; sd:supportedLanguage sd:SPARQL11Query .\n"
    )
    return PlainTextResponse(text, media_type="text/turtle")
