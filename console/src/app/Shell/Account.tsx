import { Menu } from "@base-ui/react/menu";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keepClaim } from "../../api/claim";
import { call } from "../../api/client";
import { dropDrafts } from "../../api/draft";
import { session } from "../../api/queries";
import { useSession } from "../session";
import { applyTheme, theme, type Theme } from "../theme";

/** Who is signed in, with what only they choose: the theme, and the way out. */
export default function Account() {
  const { person, clientId } = useSession();
  const queries = useQueryClient();
  const [chosen, choose] = useState(theme);
  const [problem, setProblem] = useState("");
  const signOut = async (everywhere: boolean) => {
    try {
      await call(`/console/sessions/me${everywhere ? "?everywhere=true" : ""}`, { method: "DELETE" });
      // The page may be kept for whoever goes back to it: it has nothing left to show.
      queries.setQueryData(session.queryKey, null);
      queries.removeQueries({ predicate: (query) => query.queryKey[0] !== session.queryKey[0] });
      // Whoever signs in next in this tab has not claimed it.
      keepClaim(undefined);
      dropDrafts(undefined);
      // A person is signed in at the provider as well.
      window.location.assign(person ? "/api/v2/console/sign-in/oidc/end" : "/sign-in");
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="account">
      {problem && <p role="alert">{problem}</p>}
      <Menu.Root>
        <Menu.Trigger className="button quiet account-trigger">
          <span className="account-name">{person ?? clientId}</span>
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
