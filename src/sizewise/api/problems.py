"""Errors as application/problem+json (RFC 9457) with the stable codes of errors.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse

if TYPE_CHECKING:
    from sizewise.errors import SizewiseError

MEDIA_TYPE = "application/problem+json"
UNPROCESSABLE, UNAVAILABLE, MISSING = 422, 503, 501
STATUS = {"unknown-name": UNPROCESSABLE, "missing-extra": MISSING}
"""Status by code; all other errors of input are 422."""


def problem(status: int, code: str, detail: str, **more: Any) -> JSONResponse:  # noqa: ANN401 - any JSON value
    """One problem."""
    body = {"type": f"urn:sizewise:{code}", "title": code, "status": status, "detail": detail, **more}
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def of_error(error: SizewiseError, detail: str) -> JSONResponse:
    """The problem of an error of ours.

    Arguments: `detail` its sentence in the language of the caller.
    """
    more = {"nearest": list(error.nearest)} if hasattr(error, "nearest") else {}
    return problem(STATUS.get(error.code, UNPROCESSABLE), error.code, detail, **more)
