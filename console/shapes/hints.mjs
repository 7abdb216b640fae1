// What forms know beyond `docs/openapi.json`: bodies that the schema leaves open, members that have a better widget than text, and members of
// which one group is used.

/** The kinds of objects with a form: the body that makes one, and the answer. */
export const KINDS = {
  queue: ["QueueRequest", "Queue"],
  domain: ["DomainRequest", "Domain"],
  route: ["RouteRequest", "Route"],
  mailbox: ["MailboxRequest", "Mailbox"],
  table: ["DataTableRequest", "DataTable"],
  schedule: ["ScheduleRequest", "Schedule"],
  dataAction: ["DataActionRequest", "DataAction"],
  webhook: ["WebhookRequest", "Webhook"],
  secret: ["SecretRequest", "Secret"],
  skill: ["TermRequest", "Term"],
  language: ["TermRequest", "Term"],
  client: ["OAuthClientRequest", "OAuthClient"],
};

const text = { kind: "text" };
const long = { kind: "text", long: true };
const json = { kind: "json" };
const named = (name, shape, more = {}) => ({ name, shape, ...more });
const texts = (one) => ({ kind: "list", item: text, one });
const values = (...list) => list.map((value) => ({ value }));

const SCOPES = [
  { value: "flow:read", help: "Read flows." },
  { value: "flow:write", help: "Change and publish flows." },
  { value: "routing:read", help: "Read queues, routes, tables, schedules and the like." },
  { value: "routing:write", help: "Change them." },
  { value: "email:read", help: "Read mail and what became of it." },
  { value: "email:write", help: "Work queues, send, rerun, erase." },
  { value: "admin", help: "Everything, and clients, secrets, the audit log." },
];

const anEvent = (schemas) => [
  { value: "*", help: "Every event." },
  { value: "interaction.*", help: "Every event of interactions." },
  { value: "delivery.*", help: "Every event of deliveries." },
  ...schemas.Event.oneOf.map((one) => ({ value: one.const, help: one.description })),
];

const reference = (to, by = "id") => ({ kind: "reference", to, by });

/** Widgets by schema and member, or by schema. */
export const HINTS = {
  "QueueRequest.serviceLevel": { kind: "duration" },
  WebhookReference: reference("webhook"),
  MailboxReference: reference("mailbox"),
  SecretName: reference("secret", "name"),
  "RouteRequest.flow": reference("flow"),
  "RouteRequest.queue": reference("queue"),
  "RouteRequest.unroutedQueue": reference("queue"),
  "SecretRequest.value": { kind: "text", hidden: true },
  "WebhookRequest.secret": { kind: "text", hidden: true },
  "WebhookRequest.events": (schemas) => ({ kind: "several", options: anEvent(schemas) }),
  "OAuthClientRequest.scope": { kind: "several", options: SCOPES },
  "OAuthClientRequest.state": { kind: "enum", options: values("active", "inactive") },
  "DataTableRequest.schema": { kind: "columns" },
  "DataActionRequest.contract": {
    kind: "object",
    fields: [
      { ...named("input", { kind: "object", fields: [field("inputSchema", json, "A JSON Schema (draft 4): what a call takes.")] }), label: "Input", help: "", required: true },
      { ...named("output", { kind: "object", fields: [field("successSchema", json, "A JSON Schema (draft 4): what it gives.")] }), label: "Output", help: "", required: true },
    ],
  },
  "DataActionRequest.config": {
    kind: "object",
    fields: [
      {
        ...field("request", {
          kind: "object",
          fields: [
            { ...field("requestUrlTemplate", text, "The URL. Scheme, host and port are written out."), label: "URL", required: true },
            { ...field("requestType", { kind: "enum", options: values("GET", "POST", "PUT", "PATCH", "DELETE") }), label: "Method", required: true },
            { ...field("headers", { kind: "map", value: text }, "Templates; the only place for `${credentials.NAME}`."), label: "Headers" },
            { ...field("requestTemplate", long, "The whole input (`${input.rawRequest}`) by default. A GET has none."), label: "Body" },
          ],
        }),
        label: "Request",
        required: true,
      },
      {
        ...field("response", {
          kind: "object",
          fields: [
            { ...field("translationMap", { kind: "map", value: text }, "Names, and the JSONPath of each value in the answer."), label: "Translation map" },
            { ...field("translationMapDefaults", { kind: "map", value: text }, "The value where a path finds nothing, as JSON."), label: "Defaults" },
            { ...field("successTemplate", long, "Makes the outputs; the whole answer (`${rawResult}`) by default."), label: "Success template" },
          ],
        }),
        label: "Response",
      },
      { ...field("timeoutSeconds", { kind: "number", integer: true, least: 1, most: 60 }, "How long a call may take; 60 by default."), label: "Timeout, in seconds" },
      { ...field("retries", { kind: "number", integer: true, least: 0, most: 10 }, "How often a failed request is made again within that time."), label: "Retries" },
      { ...field("cacheSeconds", { kind: "number", integer: true, least: 0, most: 86400 }, "How long an answer is used again for the same input."), label: "Cache, in seconds" },
    ],
  },
};

function field(name, shape, help = "") {
  return { name, shape, help, label: name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/^./, (first) => first.toUpperCase()), required: false };
}

const oneOf = (label, ...options) => ({ label, options: options.map(([name, ...members]) => ({ label: name, members })) });

/** Members of which one group is used. */
export const CHOICES = {
  DeliverTo: [oneOf("Deliver to", ["a webhook", "webhook"], ["addresses", "addresses", "attach"], ["a folder of a mailbox", "mailbox", "folder"])],
  MailboxAuth: [oneOf("Log in with", ["a password", "secret"], ["OAuth", "oauth"])],
  MailboxAfter: [oneOf("Afterwards", ["flag it", "flag"], ["move it", "moveTo"], ["delete it", "delete"])],
  RouteRequest: [oneOf("Mail goes to", ["a flow", "flow"], ["a queue", "queue"])],
};

const RULE = {
  kind: "object",
  fields: [
    field("name", text, "What the hours are called."),
    field("days", { kind: "words" }, "`mon-fri`, or several: `mon, wed-fri`."),
    field("from", { kind: "text", sample: "09:00" }),
    field("to", { kind: "text", sample: "17:00" }, "Up to `24:00`; a time before `from` is one of the next day."),
    field("start", { kind: "text", sample: "2026-01-05T09:00" }, "A local time."),
    field("end", { kind: "text", sample: "2026-01-05T17:00" }, "A local time; or a duration."),
    field("duration", { kind: "text", sample: "PT8H" }, "`PT8H30M` or `P1D`; or an end."),
    { ...field("rrule", { kind: "text", sample: "FREQ=MONTHLY;BYDAY=1MO" }, "As in iCalendar (RRULE)."), label: "Recurrence" },
    { ...field("exdates", texts("date"), "Starts that are left out (EXDATE)."), label: "Exceptions" },
    { ...field("rdates", texts("date"), "Further starts (RDATE)."), label: "Extra dates" },
  ],
  choices: [oneOf("Hours", ["of every week", "days", "from", "to"], ["of a calendar", "start", "end", "duration", "rrule", "exdates", "rdates"])],
};

const HOLIDAY = {
  kind: "object",
  fields: [
    { ...field("name", text), required: true },
    field("date", { kind: "text", sample: "2026-12-25" }, "The day, or the first of several."),
    field("through", { kind: "text", sample: "2026-12-26" }, "The last day, if there are several."),
    field("start", { kind: "text", sample: "2026-12-24T14:00" }, "A local time."),
    field("end", { kind: "text", sample: "2026-12-24T24:00" }, "A local time; or a duration."),
    field("duration", { kind: "text", sample: "PT10H" }),
    { ...field("rrule", { kind: "text", sample: "FREQ=YEARLY" }, "As in iCalendar (RRULE)."), label: "Recurrence" },
    { ...field("exdates", texts("date"), "Starts that are left out (EXDATE)."), label: "Exceptions" },
    { ...field("rdates", texts("date"), "Further starts (RDATE)."), label: "Extra dates" },
  ],
  choices: [oneOf("Lasts", ["whole days", "date", "through"], ["hours", "start", "end", "duration"])],
};

/** Members that a schema leaves open: those of `crates/schedule/src/definition.rs`. */
export const EXTRA = {
  ScheduleRequest: [
    { ...field("timeZone", { kind: "text", sample: "Europe/Berlin" }, "The IANA name of the time zone."), label: "Time zone", required: true },
    { ...field("open", { kind: "list", item: RULE, one: "set of hours" }, "When it is open."), label: "Open" },
    { ...field("closed", { kind: "list", item: RULE, one: "set of hours" }, "What is taken away: lunch breaks, maintenance."), label: "Closed" },
    { ...field("holidays", { kind: "list", item: HOLIDAY, one: "holiday" }, "They come before open hours and closed ones."), label: "Holidays" },
  ],
};

/** What can't be changed once it is made. */
export const FIXED = ["DomainRequest.id", "WebhookRequest.secret"];

/** What is kept but hardly ever set: it stands among the other members. */
export const RARE = [
  "OAuthClientRequest.authorizedGrantType",
  "DataActionRequest.integrationId",
  "DataActionRequest.integrationType",
  "DataActionRequest.actionType",
  "DataActionRequest.secure",
];
