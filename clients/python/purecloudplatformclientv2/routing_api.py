"""Queues, domains and routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, Union

from .models.domain import Domain
from .models.listing import Page
from .models.queue import Queue
from .models.route import Route
from .paging import all_pages
from .target import path

if TYPE_CHECKING:
    from .api_client import ApiClient


class RoutingApi:
    """Where mail is accepted, and where it waits.

    Lists take ``page_size`` and ``page_number``, and the filters that are named there.
    """

    def __init__(self, api_client: ApiClient) -> None:
        self._client = api_client

    def post_queue(self, body: Union[Queue, Mapping[str, Any]]) -> Queue:
        """Creates a queue."""
        return Queue.from_dict(self._client.call_json("POST", path("routing", "queues"), body=body))

    def get_queue(self, queue_id: str) -> Queue:
        """A queue."""
        return Queue.from_dict(self._client.call_json("GET", path("routing", "queues", queue_id)))

    def put_queue(self, queue_id: str, body: Union[Queue, Mapping[str, Any]]) -> Queue:
        """Replaces a queue."""
        return Queue.from_dict(self._client.call_json("PUT", path("routing", "queues", queue_id), body=body))

    def delete_queue(self, queue_id: str) -> None:
        """Deletes a queue, unless it is used."""
        self._client.call("DELETE", path("routing", "queues", queue_id))

    def get_queues(self, **filters: Any) -> Page[Queue]:
        """One page of queues, by name. Filters: ``name`` (``*`` stands for anything at its ends), ``id``, ``sort_order``."""
        return Page(self._client.call_json("GET", path("routing", "queues"), query=filters), Queue)

    def iter_queues(self, **filters: Any) -> Iterator[Queue]:
        """The queues of all pages."""
        return all_pages(self.get_queues, filters)

    def post_domain(self, body: Union[Domain, Mapping[str, Any]]) -> Domain:
        """Makes the server accept mail for a domain, which is the body's ``id``."""
        return Domain.from_dict(self._client.call_json("POST", _domains(), body=body))

    def get_domain(self, domain_id: str) -> Domain:
        """A domain."""
        return Domain.from_dict(self._client.call_json("GET", _domains(domain_id)))

    def patch_domain(self, domain_id: str, body: Union[Domain, Mapping[str, Any]]) -> Domain:
        """Changes the members of a domain that the body has."""
        answer = self._client.call_json("PATCH", _domains(domain_id), body=body, repeatable=True)
        return Domain.from_dict(answer)

    def delete_domain(self, domain_id: str) -> None:
        """Deletes a domain, unless it is used."""
        self._client.call("DELETE", _domains(domain_id))

    def get_domains(self, **filters: Any) -> Page[Domain]:
        """One page of domains, by name. Filter: ``filter`` (a name; ``*`` stands for anything at its ends)."""
        return Page(self._client.call_json("GET", _domains(), query=filters), Domain)

    def iter_domains(self, **filters: Any) -> Iterator[Domain]:
        """The domains of all pages."""
        return all_pages(self.get_domains, filters)

    def post_route(self, domain_name: str, body: Union[Route, Mapping[str, Any]]) -> Route:
        """Creates a route of a domain, to a flow or a queue."""
        return Route.from_dict(self._client.call_json("POST", _domains(domain_name, "routes"), body=body))

    def get_route(self, domain_name: str, route_id: str) -> Route:
        """A route."""
        return Route.from_dict(self._client.call_json("GET", _domains(domain_name, "routes", route_id)))

    def put_route(self, domain_name: str, route_id: str, body: Union[Route, Mapping[str, Any]]) -> Route:
        """Replaces a route."""
        return Route.from_dict(self._client.call_json("PUT", _domains(domain_name, "routes", route_id), body=body))

    def delete_route(self, domain_name: str, route_id: str) -> None:
        """Deletes a route. Mail that it took goes where it led."""
        self._client.call("DELETE", _domains(domain_name, "routes", route_id))

    def get_routes(self, domain_name: str, **filters: Any) -> Page[Route]:
        """One page of a domain's routes, by pattern. Filter: ``pattern``."""
        return Page(self._client.call_json("GET", _domains(domain_name, "routes"), query=filters), Route)

    def iter_routes(self, domain_name: str, **filters: Any) -> Iterator[Route]:
        """A domain's routes on all pages."""

        def read(**page: Any) -> Page[Route]:
            return self.get_routes(domain_name, **page)

        return all_pages(read, filters)


def _domains(*segments: str) -> str:
    return path("routing", "email", "domains", *segments)
