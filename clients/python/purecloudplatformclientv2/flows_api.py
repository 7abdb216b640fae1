"""Flows and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, Union

from .decode import decoded
from .message import message_bytes
from .models.flow import Flow
from .models.flow_trial import FlowTrial
from .models.flow_version import FlowVersion
from .models.listing import Page
from .paging import all_pages
from .response import Response
from .target import path

if TYPE_CHECKING:
    from .api_client import ApiClient

Version = Union[int, str]
"""A version's number, a label, ``published`` or ``newest``."""


class FlowsApi:
    """Flows: created, read, changed, tried, published."""

    def __init__(self, api_client: ApiClient) -> None:
        self._client = api_client

    def post_flow(
        self, body: Union[Flow, Mapping[str, Any]], draft: bool = False, note: Optional[str] = None
    ) -> Flow:
        """Creates a flow and publishes it, or keeps it as a draft. The note is for its history."""
        return _tagged(self._client.call("POST", path("flows"), query=_saving(draft, note), body=body))

    def get_flow(self, flow_id: str, deleted: bool = False) -> Flow:
        """A flow with its content. With ``deleted`` also one that was deleted, without content."""
        return _tagged(self._client.call("GET", path("flows", flow_id), query={"deleted": deleted or None}))

    def put_flow(
        self,
        flow_id: str,
        body: Union[Flow, Mapping[str, Any]],
        if_match: Optional[str] = None,
        draft: bool = False,
        note: Optional[str] = None,
    ) -> Flow:
        """Replaces a flow and publishes it, or keeps it as a draft. The note is for its history.

        With ``if_match``, a flow's ``etag``, a change that somebody else made in between is not overwritten: 412.
        """
        headers = {"If-Match": if_match}
        query = _saving(draft, note)
        return _tagged(self._client.call("PUT", path("flows", flow_id), query=query, body=body, headers=headers))

    def delete_flow(self, flow_id: str, if_match: Optional[str] = None) -> None:
        """Deletes a flow, unless it is used."""
        self._client.call("DELETE", path("flows", flow_id), headers={"If-Match": if_match})

    def get_flows(self, **filters: Any) -> Page[Flow]:
        """One page of flows, without content.

        Filters: ``page_size``, ``page_number``, ``id``, ``type``, ``name`` (``*`` stands for anything at its ends),
        ``description``, ``name_or_description``, ``deleted``, ``sort_by``, ``sort_order``.
        """
        return Page(self._client.call_json("GET", path("flows"), query=filters), Flow)

    def iter_flows(self, **filters: Any) -> Iterator[Flow]:
        """The flows of all pages, with the filters of :meth:`get_flows`."""
        return all_pages(self.get_flows, filters)

    def get_flow_versions(self, flow_id: str, **filters: Any) -> Page[FlowVersion]:
        """One page of a flow's versions, newest first. Filters: ``page_size``, ``page_number``, ``deleted``."""
        return Page(self._client.call_json("GET", path("flows", flow_id, "versions"), query=filters), FlowVersion)

    def iter_flow_versions(self, flow_id: str, **filters: Any) -> Iterator[FlowVersion]:
        """A flow's versions on all pages, newest first."""

        def read(**page: Any) -> Page[FlowVersion]:
            return self.get_flow_versions(flow_id, **page)

        return all_pages(read, filters)

    def get_flow_version(self, flow_id: str, version: Version) -> FlowVersion:
        """A version, without its content."""
        answer = self._client.call_json("GET", path("flows", flow_id, "versions", str(version)))
        return FlowVersion.from_dict(answer)

    def get_flow_version_configuration(self, flow_id: str, version: Version) -> Flow:
        """A version's content, as it was saved."""
        answer = self._client.call_json("GET", path("flows", flow_id, "versions", str(version), "configuration"))
        return Flow.from_dict(answer)

    def publish_version(self, flow_id: str, version: Version, note: Optional[str] = None) -> Flow:
        """Publishes a draft, or an old version again."""
        target = path("flows", flow_id, "versions", str(version), "publish")
        body = {} if note is None else {"note": note}
        return _tagged(self._client.call("POST", target, body=body, repeatable=True))

    def try_flow(self, flow_id: str, message: bytes, version: Optional[Version] = None) -> FlowTrial:
        """Runs a flow over a raw message (RFC 5322) without storing or sending anything. Without a version, the newest."""
        answer = self._client.call_json(
            "POST",
            path("flows", flow_id, "try"),
            query={"version": version},
            content=message_bytes(message),
            content_type="message/rfc822",
            repeatable=True,
        )
        return FlowTrial.from_dict(answer)


def _saving(draft: bool, note: Optional[str]) -> Mapping[str, Any]:
    return {"draft": draft or None, "note": note}


def _tagged(response: Response) -> Flow:
    flow = Flow.from_dict(decoded(response))
    flow._etag = response.headers.get("ETag")
    return flow
