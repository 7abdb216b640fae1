import type { ReactNode } from "react";
import { KINDS, type Kind } from "../api/kinds";
import type { Scope } from "../api/scopes";
import { part } from "../components/Part/Part";

const Domains = part(() => import("../screens/Domains/Domains"));
const Domain = part(() => import("../screens/Domain/Domain"));
const RouteScreen = part(() => import("../screens/Route/Route"));
const Mailboxes = part(() => import("../screens/Mailboxes/Mailboxes"));
const Mailbox = part(() => import("../screens/Mailbox/Mailbox"));
const Tables = part(() => import("../screens/Tables/Tables"));
const Table = part(() => import("../screens/Table/Table"));
const Schedules = part(() => import("../screens/Schedules/Schedules"));
const Schedule = part(() => import("../screens/Schedule/Schedule"));
const DataActions = part(() => import("../screens/DataActions/DataActions"));
const DataAction = part(() => import("../screens/DataAction/DataAction"));
const Webhooks = part(() => import("../screens/Webhooks/Webhooks"));
const Webhook = part(() => import("../screens/Webhook/Webhook"));
const Secrets = part(() => import("../screens/Secrets/Secrets"));
const Secret = part(() => import("../screens/Secret/Secret"));
const Clients = part(() => import("../screens/Clients/Clients"));
const Client = part(() => import("../screens/Client/Client"));
const Terms = part(() => import("../screens/Terms/Terms"));
const Term = part(() => import("../screens/Term/Term"));
const Deliveries = part(() => import("../screens/Deliveries/Deliveries"));
const Delivery = part(() => import("../screens/Delivery/Delivery"));
const Audit = part(() => import("../screens/Audit/Audit"));
const ObjectEdit = part(() => import("../screens/ObjectEdit/ObjectEdit"));

interface Address {
  path: string;
  scope: Scope;
  show: (parameters: { id: string; domain: string }) => ReactNode;
}

/** The addresses of a kind. Those of its forms come first: `new` is no id. */
function addresses(kind: Kind, list?: ReactNode, one?: (id: string) => ReactNode): Address[] {
  const forms: Address[] = [
    { path: `${kind.screen}/new`, scope: kind.write, show: () => <ObjectEdit key={`new ${kind.name}`} kind={kind} /> },
    { path: `${kind.screen}/:id/edit`, scope: kind.write, show: ({ id }) => <ObjectEdit key={id} kind={kind} id={id} /> },
  ];
  const lists: Address[] = list ? [{ path: kind.screen, scope: kind.read, show: () => list }] : [];
  const pages: Address[] = one ? [{ path: `${kind.screen}/:id`, scope: kind.read, show: ({ id }) => one(id) }] : [];
  return [...forms, ...lists, ...pages];
}

const { route } = KINDS;

/** Addresses of the screens for objects, deliveries and the audit log, each with the scope that it needs. */
export const OBJECT_SCREENS: Address[] = [
  { path: "/domains/:domain/routes/new", scope: route.write, show: ({ domain }) => <ObjectEdit key={`new ${domain}`} kind={route} parent={domain} /> },
  { path: "/domains/:domain/routes/:id/edit", scope: route.write, show: ({ domain, id }) => <ObjectEdit key={id} kind={route} parent={domain} id={id} /> },
  { path: "/domains/:domain/routes/:id", scope: route.read, show: ({ domain, id }) => <RouteScreen key={id} domain={domain} id={id} /> },
  { path: "/domains/:id/routes", scope: route.read, show: ({ id }) => <Domain key={id} id={id} /> },
  ...addresses(KINDS.domain, <Domains />, (id) => <Domain key={id} id={id} />),
  // The list and the page of queues are for their work.
  ...addresses(KINDS.queue),
  ...addresses(KINDS.mailbox, <Mailboxes />, (id) => <Mailbox key={id} id={id} />),
  ...addresses(KINDS.table, <Tables />, (id) => <Table key={id} id={id} />),
  ...addresses(KINDS.schedule, <Schedules />, (id) => <Schedule key={id} id={id} />),
  ...addresses(KINDS.dataAction, <DataActions />, (id) => <DataAction key={id} id={id} />),
  ...addresses(KINDS.webhook, <Webhooks />, (id) => <Webhook key={id} id={id} />),
  ...addresses(KINDS.skill, <Terms key="skill" kind={KINDS.skill} />, (id) => <Term key={id} kind={KINDS.skill} id={id} />),
  ...addresses(KINDS.language, <Terms key="language" kind={KINDS.language} />, (id) => <Term key={id} kind={KINDS.language} id={id} />),
  ...addresses(KINDS.secret, <Secrets />, (id) => <Secret key={id} id={id} />),
  ...addresses(KINDS.client, <Clients />, (id) => <Client key={id} id={id} />),
  { path: "/deliveries", scope: "email:read", show: () => <Deliveries /> },
  { path: "/deliveries/:id", scope: "email:read", show: ({ id }) => <Delivery key={id} id={id} /> },
  { path: "/audit", scope: "admin", show: () => <Audit /> },
];
