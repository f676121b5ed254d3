"""Repositories on a hub: Hugging Face or a mirror of it, ModelScope.

HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE mean what they mean to huggingface_hub; where that package is installed,
the token of its login is used too. ModelScope: MODELSCOPE_DOMAIN, MODELSCOPE_API_TOKEN.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sizewise.errors import BadInput, InvalidFile
from sizewise.sources.cache_folder import cache_folder
from sizewise.sources.json_object import MAX_BYTES, too_large
from sizewise.sources.reach import check_address, current_reach
from sizewise.sources.web import HubUnreachable, NotOnHub, Part, Web
from sizewise.sources.web_cache import PartCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.sources.byte_source import ByteSource

TRUE_WORDS = frozenset({"1", "on", "yes", "true"})
FIRST_BYTES = 2**17
"""Fetched of a file at first: its size, and enough for most headers. [bytes]"""
MAX_LIST_BYTES = 16 * 2**20
MISSING = Part(b"", -1)
"""Kept in the cache for a file that the hub does not have."""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """Where repositories are, and how its addresses are made."""

    title: str
    endpoint: str
    token: str
    is_offline: bool
    file_path: str
    """Address of a file, with {repository} and {file}."""
    list_path: str
    """Address of the list of files, with {repository}."""
    download: str
    """Shell command that fetches one {file} of a {repository}."""


def huggingface(environment: Mapping[str, str]) -> Hub:
    """The Hugging Face hub, or the mirror in HF_ENDPOINT.

    Raises: BadInput for an endpoint that is no http address.
    """
    endpoint = environment.get("HF_ENDPOINT") or "https://huggingface.co"
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return Hub(
        title="Hugging Face", endpoint=_checked(endpoint, "HF_ENDPOINT"), token=_hub_token(environment),
        is_offline=any(environment.get(name, "").lower() in TRUE_WORDS for name in names),
        file_path="/{repository}/resolve/main/{file}", list_path="/api/models/{repository}/tree/main?recursive=true",
        download="hf download {repository} {file} --local-dir .",
    )  # fmt: skip


def modelscope(environment: Mapping[str, str]) -> Hub:
    """ModelScope, or the server in MODELSCOPE_DOMAIN (a host, or an address with http:// for a test)."""
    domain = environment.get("MODELSCOPE_DOMAIN") or "www.modelscope.cn"
    endpoint = domain if "://" in domain else f"https://{domain}"
    return Hub(
        title="ModelScope", endpoint=_checked(endpoint, "MODELSCOPE_DOMAIN"),
        token=environment.get("MODELSCOPE_API_TOKEN", "").strip() if current_reach() is None else "",
        is_offline=environment.get("HF_HUB_OFFLINE", "").lower() in TRUE_WORDS,
        file_path="/models/{repository}/resolve/master/{file}",
        list_path="/api/v1/models/{repository}/repo/files?Revision=master&Recursive=true",
        download="modelscope download --model {repository} {file} --local_dir .",
    )  # fmt: skip


def _checked(endpoint: str, variable: str) -> str:
    try:
        address = urlsplit(endpoint)
        is_usable = address.scheme in {"http", "https"} and bool(address.hostname) and endpoint.isprintable()
    except ValueError:
        is_usable = False
    if not is_usable or " " in endpoint:
        raise BadInput("{variable} is '{given}', it must be an address such as https://huggingface.co",
                       variable=variable, given=endpoint)  # fmt: skip
    return endpoint.rstrip("/")


def _hub_token(environment: Mapping[str, str]) -> str:
    """HF_TOKEN; else the login kept by huggingface_hub, where that is installed. Never lent to callers of a server."""
    if current_reach() is not None:
        return ""
    token = environment.get("HF_TOKEN", "").strip()
    if token or environment.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").lower() in TRUE_WORDS:
        return token
    if find_spec("huggingface_hub") is None:
        return ""
    token = import_module("huggingface_hub").get_token()
    return token if isinstance(token, str) else ""


class Repository:
    """The files of one repository, fetched part by part and kept in the cache."""

    def __init__(self, hub: Hub, name: str, environment: Mapping[str, str], web: Web | None = None) -> None:
        check_address(hub.endpoint)
        self.name, self.hub = name, hub
        self._web = web or Web(endpoint=hub.endpoint, token=hub.token)
        self._cache = PartCache(folder=cache_folder(environment))
        self.is_from_old_cache = False
        """Was an old part used because the server could not be reached?"""

    def content(self, file: str, most_bytes: int = MAX_BYTES) -> bytes | None:
        """A small file whole."""
        try:
            part = self.part(file, begin=0, length=most_bytes)
        except NotOnHub:
            return None
        if part.size_bytes > most_bytes:
            raise too_large(f"{self.name}/{file}", most_bytes)
        return part.content

    def source(self, file: str) -> ByteSource:
        """A file to read parts of."""
        return _RemoteFile(self, file)

    def part(self, file: str, *, begin: int, length: int) -> Part:
        """Some bytes of a file."""
        path = self.hub.file_path.format(repository=quote(self.name), file=quote(file))
        return self._fetched(path, begin, length)

    def names(self) -> tuple[str, ...]:
        """All files of the repository."""
        path = self.hub.list_path.format(repository=quote(self.name))
        part = self._fetched(path, 0, MAX_LIST_BYTES)
        try:
            entries = json.loads(part.content)
            if isinstance(entries, dict):  # ModelScope
                entries = entries["Data"]["Files"]
            found = [entry.get("path") or entry.get("Path") for entry in entries]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise HubUnreachable("{host} sends a list of files that cannot be read",
                                 host=urlsplit(self.hub.endpoint).netloc) from error  # fmt: skip
        return tuple(sorted(name for name in found if isinstance(name, str)))

    def _fetched(self, path: str, begin: int, length: int) -> Part:
        """From the cache while it is fresh or the server cannot be reached, else from the server.

        What needs a token is kept apart from what anybody may see.
        """
        owner = "token" if self.hub.token else "anybody"
        key = f"{self.hub.endpoint} {path} {begin} {length} {owner}"
        found = self._cache.find(key, any_age=self.hub.is_offline)
        if found is not None:
            return self._existing(found)
        if self.hub.is_offline:
            raise HubUnreachable("HF_HUB_OFFLINE is set, and {path} was not read before", path=self.name)
        try:
            part = self._web.part(path, begin=begin, length=length)
        except HubUnreachable:
            found = self._cache.find(key, any_age=True)
            if found is None:
                raise
            self.is_from_old_cache = True
            return self._existing(found)
        except NotOnHub:
            self._cache.keep(key, MISSING)
            raise
        self._cache.keep(key, part)
        return part

    def _existing(self, part: Part) -> Part:
        """The part, unless it says that there is none."""
        if part == MISSING:
            raise NotOnHub("{host} has no such model or file", host=urlsplit(self.hub.endpoint).netloc)
        return part


class _RemoteFile:
    """A file of a repository; its first bytes are fetched once."""

    def __init__(self, repository: Repository, file: str) -> None:
        self.name = str(Path(repository.name) / file)
        self._repository, self._file = repository, file
        first = repository.part(file, begin=0, length=FIRST_BYTES)
        self._first, self.size_bytes = first.content, first.size_bytes

    def read(self, begin: int, length: int) -> bytes:
        """These bytes, from the first ones or by another request."""
        if begin + length <= len(self._first):
            return self._first[begin : begin + length]
        part = self._repository.part(self._file, begin=begin, length=length)
        if len(part.content) != length:
            raise InvalidFile("{path} ends at byte {end}, inside its header", path=self.name,
                              end=begin + len(part.content))  # fmt: skip
        return part.content
