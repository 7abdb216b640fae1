import type { Scope } from "./scopes";

/** What the console knows of a kind of object: where the API has it, and where the console shows it. */
export interface Kind {
  /** The API's word. */
  name: string;
  one: string;
  many: string;
  /** Below `/api/v2`; `:parent` is what it belongs to. */
  path: string;
  /** The console's address of the list; `:parent` as above. */
  screen: string;
  read: Scope;
  write: Scope;
  /** Changed by PATCH: members that are left out stay. */
  patched?: boolean;
  /** Whether the API lists what uses it. */
  usedBy?: boolean;
  /** What it is for, in a sentence. */
  about: string;
}

const setup = { read: "routing:read", write: "routing:write" } as const;

export const KINDS = {
  queue: { name: "queue", one: "queue", many: "Queues", path: "/routing/queues", screen: "/queues", usedBy: true, about: "Where work waits to be claimed, or from where it is delivered.", ...setup },
  domain: { name: "domain", one: "domain", many: "Domains", path: "/routing/email/domains", screen: "/domains", patched: true, about: "What mail is accepted for. Each domain has routes.", ...setup },
  route: { name: "route", one: "route", many: "Routes", path: "/routing/email/domains/:parent/routes", screen: "/domains/:parent/routes", about: "Which flow or queue an address leads to.", ...setup },
  mailbox: { name: "mailbox", one: "mailbox", many: "Mailboxes", path: "/mailboxes", screen: "/mailboxes", about: "IMAP mailboxes that mail is taken from.", ...setup },
  table: { name: "table", one: "table", many: "Tables", path: "/flows/datatables", screen: "/tables", usedBy: true, about: "Rows that flows look up by a key: who pays for which service, which word means which team.", ...setup },
  schedule: { name: "schedule", one: "schedule", many: "Schedules", path: "/routing/schedules", screen: "/schedules", usedBy: true, about: "Opening hours and holidays that flows ask for.", ...setup },
  dataAction: { name: "dataAction", one: "data action", many: "Data actions", path: "/integrations/actions", screen: "/data-actions", patched: true, usedBy: true, about: "HTTP requests that flows make to ask other systems.", ...setup },
  webhook: { name: "webhook", one: "webhook", many: "Webhooks", path: "/webhooks", screen: "/webhooks", usedBy: true, about: "Addresses that are told what happens.", ...setup },
  skill: { name: "skill", one: "skill", many: "Skills", path: "/routing/skills", screen: "/skills", patched: true, usedBy: true, about: "What work asks of whoever claims it.", ...setup },
  language: { name: "language", one: "language", many: "Languages", path: "/routing/languages", screen: "/languages", patched: true, usedBy: true, about: "The language that work asks of whoever claims it.", ...setup },
  secret: { name: "secret", one: "secret", many: "Secrets", path: "/secrets", screen: "/secrets", usedBy: true, read: "admin", write: "admin", about: "Passwords and tokens for other systems. A value goes in, and nothing reads it back." },
  client: { name: "client", one: "client", many: "Clients", path: "/oauth/clients", screen: "/clients", read: "admin", write: "admin", about: "Programs and people that use the API, and what each may do." },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

export const kindOf = (name: string): Kind | undefined => (KINDS as Record<string, Kind>)[name];

/** The console's address of an object, as far as it has one. */
export function hrefOf(kind: string, id: string, name: string | undefined): string | undefined {
  if (kind === "flow") return `/flows/${id}`;
  if (kind === "interaction") return `/interactions/${id}`;
  if (kind === "delivery") return `/deliveries/${id}`;
  // A route is known by its address, whose domain it belongs to.
  const domain = kind === "route" ? name?.split("@")[1] : undefined;
  if (kind === "route") return domain && `/domains/${domain}/routes/${id}`;
  const known = kindOf(kind);
  return known && `${known.screen}/${encodeURIComponent(id)}`;
}
