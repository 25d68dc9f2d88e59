"""What a Chatwoot in trouble answers, and the proxy before it."""

from http import HTTPStatus

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from sandbox.api.call import json_response
from sandbox.errors import NotFound, Unauthorized, Unhandled
from sandbox.faults.plan import Rule

VALIDATION_FAILED = "Validation failed: Content is too long (maximum is 150000 characters)"
SOMETHING_WENT_WRONG = "Something went wrong"


def error(rule: Rule) -> Response:
    """The body that goes with the status. 5xx but for Rails' own 500 are nginx's."""
    if rule.error is not None:
        return _with_retry_after(rule, json_response({"error": rule.error}, rule.status))
    if rule.status == 429:
        return _with_retry_after(rule, PlainTextResponse("Retry later\n", 429))
    if rule.status > 500:
        return _with_retry_after(rule, proxy_error(rule.status))
    return _with_retry_after(rule, json_response(_body(rule), rule.status))


def no_file() -> Response:
    """What ActiveStorage says of a file that is not there: a 404 without words."""
    return Response(status_code=404)


def login_page() -> Response:
    """A proxy that wants people to log in first, or a server that is something else."""
    return HTMLResponse("<html><head><title>Sign in</title></head><body><form><input name=user></form></body></html>")


def proxy_error(status: int) -> Response:
    title = f"{status} {_phrase(status)}"
    return HTMLResponse(f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>", status)


def _body(rule: Rule) -> object:
    if rule.status == 422:  # a validation is refused before anything is stored; what goes wrong afterwards says nothing
        return {"error": SOMETHING_WENT_WRONG if rule.do == "error_after" else VALIDATION_FAILED}
    known = {401: Unauthorized("Invalid Access Token"), 404: NotFound(), 500: Unhandled("on purpose")}
    return known[rule.status].body if rule.status in known else {"error": _phrase(rule.status)}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"


def _with_retry_after(rule: Rule, response: Response) -> Response:
    if rule.retry_after is not None:
        response.headers["Retry-After"] = str(rule.retry_after)
    return response
