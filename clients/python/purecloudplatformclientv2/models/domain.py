"""Domains of email."""

from __future__ import annotations

from typing import Optional

from .member import Member
from .model import Model


class Domain(Model):
    """A domain that mail is accepted for. Its id is the domain itself."""

    id = Member[str]("id")
    name = Member[Optional[str]]("name")
    sub_domain = subdomain = Member[Optional[bool]]("subDomain")
    mx_record_status = mxrecordstatus = Member[Optional[str]]("mxRecordStatus")
    date_created = datecreated = Member[str]("dateCreated")
    self_uri = selfuri = Member[str]("selfUri")
