import { useEffect } from "react";

const QUESTION = "Leave this page? What you changed is not saved.";

/** Asks before a link or closing the tab loses what was typed. A link with `data-leave` says itself that nothing is saved. */
export function useUnsaved(changed: boolean) {
  useEffect(() => {
    if (!changed) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    const click = (event: MouseEvent) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || link?.target === "_blank";
      if (!link || elsewhere || link.dataset.leave !== undefined || confirm(QUESTION)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("beforeunload", unload);
    // Before the link's own handler.
    document.addEventListener("click", click, true);
    return () => {
      removeEventListener("beforeunload", unload);
      document.removeEventListener("click", click, true);
    };
  }, [changed]);
}
