import { Menu } from "@base-ui/react/menu";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { keepClaim } from "../../api/claim";
import { dropDrafts } from "../../api/draft";
import { call } from "../../api/client";
import { allows, type Scope } from "../../api/scopes";
import { useSession } from "../session";
import { applyTheme, theme, type Theme } from "../theme";
import "./Shell.css";

const SCREENS: { href: string; name: string; scope: Scope; icon: string }[] = [
  { href: "/", name: "Overview", scope: "email:read", icon: "M3 12h4l3-8 4 16 3-8h4" },
  { href: "/interactions", name: "Interactions", scope: "email:read", icon: "M3 6h18v12H3z M3 7l9 6 9-6" },
  { href: "/flows", name: "Flows", scope: "flow:read", icon: "M4 4h6v5H4z M14 15h6v5h-6z M7 9v8.5h7" },
  { href: "/map", name: "Map", scope: "flow:read", icon: "M3 5h6v4H3z M15 3h6v4h-6z M15 15h6v4h-6z M9 7h3v10h3 M12 5h3" },
  { href: "/queues", name: "Queues", scope: "routing:read", icon: "M4 6h16 M4 12h16 M4 18h10" },
];

export function Shell({ children }: { children: ReactNode }) {
  const session = useSession();
  const [location] = useLocation();
  const offered = SCREENS.filter((screen) => allows(session, screen.scope));
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="side">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Waypost
        </Link>
        <nav aria-label="Screens">
          {offered.map(({ href, name, icon }) => {
            const here = href === "/" ? location === "/" : location.startsWith(href);
            return (
              <Link key={href} href={href} aria-current={here ? "page" : undefined}>
                <svg viewBox="0 0 24 24" width="17" height="17" aria-hidden="true">
                  <path d={icon} />
                </svg>
                {name}
              </Link>
            );
          })}
        </nav>
        <Account />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Account() {
  const session = useSession();
  const queries = useQueryClient();
  const [chosen, choose] = useState(theme);
  const [problem, setProblem] = useState("");
  const signOut = async (everywhere: boolean) => {
    try {
      await call(`/console/sessions/me${everywhere ? "?everywhere=true" : ""}`, { method: "DELETE" });
      queries.clear();
      // Whoever signs in next in this tab has not claimed it.
      keepClaim(undefined);
      dropDrafts(undefined);
      window.location.assign("/sign-in");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="account">
      {problem && <p role="alert">{problem}</p>}
      <Menu.Root>
        <Menu.Trigger className="button quiet account-trigger">
          <span className="account-name">{session.clientId}</span>
          <svg viewBox="0 0 24 24" width="14" height="14" aria-hidden="true">
            <path d="M6 9l6 6 6-6" />
          </svg>
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner sideOffset={6} align="start" className="menu-positioner">
            <Menu.Popup className="menu">
              <Menu.RadioGroup
                aria-label="Theme"
                value={chosen}
                onValueChange={(value: Theme) => {
                  choose(value);
                  applyTheme(value);
                }}
              >
                {(["system", "light", "dark"] as const).map((one) => (
                  <Menu.RadioItem key={one} value={one} className="menu-item" closeOnClick={false}>
                    <Menu.RadioItemIndicator className="menu-check">✓</Menu.RadioItemIndicator>
                    {{ system: "Theme of the system", light: "Light", dark: "Dark" }[one]}
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
              <Menu.Separator className="menu-line" />
              <Menu.Item className="menu-item" onClick={() => void signOut(false)}>
                Sign out
              </Menu.Item>
              <Menu.Item className="menu-item" onClick={() => void signOut(true)}>
                Sign out everywhere
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </div>
  );
}
