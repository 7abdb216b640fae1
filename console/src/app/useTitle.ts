import { useEffect } from "react";

/** The tab's title while a screen is shown. */
export function useTitle(title: string | undefined) {
  useEffect(() => {
    document.title = title ? `${title} · Waypost` : "Waypost";
  }, [title]);
}
