import { Fragment } from "react";
import { Link } from "wouter";

/** The way to a screen: what it belongs to, the outermost first, before its heading. */
export function Trail({ to }: { to: { href: string; name: string }[] }) {
  return to.map(({ href, name }) => (
    <Fragment key={href}>
      <Link href={href} className="muted">
        {name}
      </Link>
      <span className="muted" aria-hidden="true">/</span>
    </Fragment>
  ));
}

export const FLOWS = { href: "/flows", name: "Flows" };
