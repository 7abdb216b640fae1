"""Versions of flows."""

from __future__ import annotations

from typing import List, Optional

from .member import Member
from .model import Model
from .problem import Problem
from .reference import Reference


class FlowVersion(Model):
    """A version of a flow's content, without the content."""

    id = Member[str]("id")
    """``N.0``."""
    name = Member[str]("name")
    version = Member[int]("version")
    type = Member[Optional[str]]("type")
    """``PUBLISH`` when it was ever published, else ``SAVE``."""
    commit_version = commitversion = Member[str]("commitVersion")
    configuration_version = configurationversion = Member[str]("configurationVersion")
    configuration_uri = configurationuri = Member[str]("configurationUri")
    date_created = datecreated = Member[Optional[int]]("dateCreated")
    """Milliseconds since 1970, unlike other times."""
    date_saved = datesaved = Member[Optional[int]]("dateSaved")
    """Milliseconds since 1970, unlike other times."""
    date_published = datepublished = Member[Optional[str]]("datePublished")
    created_by_client = createdbyclient = Member[Optional[Reference]]("createdByClient", lambda: Reference)
    content_hash = contenthash = Member[Optional[str]]("contentHash")
    validation = Member[Optional[List[Problem]]]("validation", lambda: Problem)
    """What was found when it was saved; absent for what could be published then."""
    self_uri = selfuri = Member[str]("selfUri")
