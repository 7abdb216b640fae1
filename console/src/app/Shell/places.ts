import { KINDS } from "../../api/kinds";
import type { Scope } from "../../api/scopes";

export interface Screen {
  href: string;
  name: string;
  scope: Scope;
  icon: string;
  /** After `g`, the key that leads there. */
  key?: string;
}

const of = ({ screen, many, read }: (typeof KINDS)[keyof typeof KINDS], icon: string, key?: string): Screen => ({ href: screen, name: many, scope: read, icon, ...(key && { key }) });

/** What the navigation has, in groups. */
export const GROUPS: { name: string; screens: Screen[] }[] = [
  {
    name: "Work",
    screens: [
      { href: "/", name: "Overview", scope: "email:read", icon: "M3 12h4l3-8 4 16 3-8h4", key: "o" },
      { href: "/interactions", name: "Interactions", scope: "email:read", icon: "M3 6h18v12H3z M3 7l9 6 9-6", key: "i" },
      of(KINDS.queue, "M4 6h16 M4 12h16 M4 18h10", "q"),
      { href: "/deliveries", name: "Deliveries", scope: "email:read", icon: "M21 4L3 11l7 3 3 7z M21 4L10 14", key: "d" },
    ],
  },
  {
    name: "Flows",
    screens: [
      { href: "/flows", name: "Flows", scope: "flow:read", icon: "M4 4h6v5H4z M14 15h6v5h-6z M7 9v8.5h7", key: "f" },
      { href: "/map", name: "Map", scope: "flow:read", icon: "M3 5h6v4H3z M15 3h6v4h-6z M15 15h6v4h-6z M9 7h3v10h3 M12 5h3", key: "p" },
    ],
  },
  {
    name: "Setup",
    screens: [
      of(KINDS.domain, "M12 3a9 9 0 100 18 9 9 0 000-18z M3 12h18 M12 3c3 3 3 15 0 18 M12 3c-3 3-3 15 0 18", "m"),
      of(KINDS.mailbox, "M3 13l3-8h12l3 8v6H3z M3 13h5l1 3h6l1-3h5", "x"),
      of(KINDS.table, "M4 5h16v14H4z M4 10h16 M4 14.500h16 M10 5v14", "t"),
      of(KINDS.schedule, "M12 3a9 9 0 100 18 9 9 0 000-18z M12 7v5l3 3", "s"),
      of(KINDS.dataAction, "M9 3v6 M15 3v6 M6 9h12v3a6 6 0 01-12 0z M12 18v3", "a"),
      of(KINDS.webhook, "M12 4a3 3 0 012 5l3 6 M10 9l-3 6 M7 15a3 3 0 103 3h7 M17 15a3 3 0 11-2 5", "w"),
      of(KINDS.skill, "M12 3l2.700 5.600 6.100.800-4.500 4.200 1.100 6.100L12 16.800 6.600 19.700l1.100-6.100L3.200 9.400l6.100-.800z"),
      of(KINDS.language, "M4 5h16v11H10l-4 4v-4H4z"),
    ],
  },
  {
    name: "Admin",
    screens: [
      of(KINDS.secret, "M8 11a4 4 0 118 0 M6 11h12v9H6z", "k"),
      of(KINDS.client, "M12 4a4 4 0 100 8 4 4 0 000-8z M4 20c1-5 15-5 16 0", "c"),
      { href: "/audit", name: "Audit", scope: "admin", icon: "M6 3h9l4 4v14H6z M9 12h7 M9 16h7", key: "l" },
    ],
  },
];
