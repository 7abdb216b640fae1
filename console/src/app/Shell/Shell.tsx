import { Menu } from "@base-ui/react/menu";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { keepClaim } from "../../api/claim";
import { dropDrafts } from "../../api/draft";
import { call } from "../../api/client";
import { allows } from "../../api/scopes";
import { press, useKeys } from "../../components/Shortcuts/keys";
import { useSession } from "../session";
import { applyTheme, theme, type Theme } from "../theme";
import { GROUPS } from "./places";
import "./Shell.css";

const Toasts = lazy(() => import("../../components/Toasts/Toasts"));
const Shortcuts = lazy(() => import("../../components/Shortcuts/Shortcuts"));
const Palette = lazy(() => import("../../components/Palette/Palette"));

export function Shell({ children }: { children: ReactNode }) {
  const session = useSession();
  const [location, go] = useLocation();
  const [open, setOpen] = useState<"keys" | "palette">();
  const groups = GROUPS.map(({ name, screens }) => ({ name, screens: screens.filter((screen) => allows(session, screen.scope)) })).filter(({ screens }) => screens.length > 0);
  const offered = groups.flatMap(({ screens }) => screens);
  useKeys("Everywhere", [
    { keys: "?", label: "These shortcuts", run: () => setOpen("keys") },
    { keys: "Ctrl+K", label: "Go to any screen or object", run: () => setOpen("palette") },
    { keys: "/", label: "Search in the list", run: () => document.querySelector<HTMLElement>("main input[type='search']")?.focus() },
  ]);
  useKeys(
    "Go to",
    offered.flatMap(({ key, name, href }) => (key ? [{ keys: `g ${key}`, label: name, run: () => go(href) }] : [])),
  );
  // Where the navigation is a strip, the screen's own name is in sight.
  useEffect(() => {
    document.querySelector(".side nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [location]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen("palette");
      } else press(event);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
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
          {groups.map(({ name: group, screens }) => (
            <div key={group} className="nav-group" role="group" aria-label={group}>
              {screens.length > 1 && <span className="nav-group-name" aria-hidden="true">{group}</span>}
              {screens.map(({ href, name, icon }) => {
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
            </div>
          ))}
        </nav>
        <div className="side-end">
          <button className="button quiet side-find" onClick={() => setOpen("palette")}>
            Go to… <kbd>Ctrl K</kbd>
          </button>
          <Account />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Suspense>
        <Toasts />
        {open === "keys" && <Shortcuts onClose={() => setOpen(undefined)} />}
        {open === "palette" && <Palette screens={offered.map(({ name, href }) => ({ name, href, kind: "screen" }))} onClose={() => setOpen(undefined)} />}
      </Suspense>
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
      // A person is signed in at the provider as well.
      window.location.assign(session.person ? "/api/v2/console/sign-in/oidc/end" : "/sign-in");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="account">
      {problem && <p role="alert">{problem}</p>}
      <Menu.Root>
        <Menu.Trigger className="button quiet account-trigger">
          <span className="account-name">{session.person ?? session.clientId}</span>
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
