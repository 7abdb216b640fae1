import { useEffect, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { allows } from "../../api/scopes";
import { Part, part } from "../../components/Part/Part";
import { press, useKeys } from "../../components/Shortcuts/keys";
import { useSession } from "../session";
import { GROUPS } from "./places";
import "./Shell.css";

// Menus weigh a third of the rest, and nobody opens one first.
const Account = part(() => import("./Account"));
const Toasts = part(() => import("../../components/Toasts/Toasts"));
const Shortcuts = part(() => import("../../components/Shortcuts/Shortcuts"));
const loadPalette = () => import("../../components/Palette/Palette");
const Palette = part(loadPalette);

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
        // What is typed before the dialog is there is meant for it: `b` must not give work back.
      } else if (open === undefined) press(event);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [open]);
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), 2000);
    return () => clearTimeout(timer);
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
          <Part fallback={<span className="account muted">{session.clientId}</span>}>
            <Account />
          </Part>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Part>
        <Toasts />
        {open === "keys" && <Shortcuts onClose={() => setOpen(undefined)} />}
        {open === "palette" && <Palette screens={offered.map(({ name, href }) => ({ name, href, kind: "screen" }))} onClose={() => setOpen(undefined)} />}
      </Part>
    </div>
  );
}
