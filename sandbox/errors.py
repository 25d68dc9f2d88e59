"""How Chatwoot refuses, one class a rescue_from of its controllers."""


class Refusal(Exception):
    """An answer that is not 200: its status and the body that goes with it."""

    def __init__(self, status: int, body: object, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.body = body


class Unauthorized(Refusal):
    def __init__(self, message: str) -> None:
        super().__init__(401, {"error": message}, message)


class SignInFirst(Refusal):
    """devise_token_auth answers a request without any token, in a shape of its own."""

    def __init__(self) -> None:
        message = "You need to sign in or sign up before continuing."
        super().__init__(401, {"errors": [message]}, message)


class Denied(Unauthorized):
    """A Pundit policy said no. Chatwoot answers 401, not 403."""

    def __init__(self) -> None:
        super().__init__("You are not authorized to do this action")


class NotFound(Refusal):
    def __init__(self) -> None:
        super().__init__(404, {"error": "Resource could not be found"}, "Resource could not be found")


class CouldNotCreate(Refusal):
    def __init__(self, message: str) -> None:
        super().__init__(422, {"error": message}, message)


class ParameterMissing(CouldNotCreate):
    def __init__(self, name: str) -> None:
        super().__init__(f"param is missing or the value is empty: {name}")


class RecordInvalid(Refusal):
    """A model validation failed and the action did not rescue it: `message` and `attributes` instead of `error`."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        message = ", ".join(sentence for _, sentence in errors)
        attributes = list(dict.fromkeys(attribute for attribute, _ in errors))
        super().__init__(422, {"message": message, "attributes": attributes}, f"Validation failed: {message}")


class Unhandled(Refusal):
    """An exception no controller rescues: an unknown enum value, a NUL byte, a doubled unique key."""

    def __init__(self, text: str) -> None:
        super().__init__(500, {"status": 500, "error": "Internal Server Error"}, text)


class NoRoute(Refusal):
    """Rails' own 404: no such path, or a record outside the application API."""

    def __init__(self) -> None:
        super().__init__(404, {"status": 404, "error": "Not Found"}, "Not Found")


class BadRequest(Refusal):
    def __init__(self) -> None:
        super().__init__(400, {"status": 400, "error": "Bad Request"}, "Bad Request")
