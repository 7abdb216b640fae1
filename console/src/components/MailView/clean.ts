import createPurifier from "dompurify";
import { bareId } from "../../api/pictures";

/** A mail's HTML with what it may show. */
export interface CleanMail {
  head: Node[];
  body: Node[];
  /** How many pictures and the like were left out because they would be fetched from elsewhere. */
  remote: number;
  /** How many pictures that came with the mail are not shown. */
  missing: number;
}

/** What fetches something, in attributes. */
const SOURCES = ["src", "srcset", "background", "poster", "data", "longdesc", "lowsrc", "dynsrc", "usemap"];

/**
 * Takes out of a mail's HTML whatever runs, asks, or leads away. `pictures` are the mail's own, as `data:` URLs by their Content-ID. It is the first of three fences: the page that shows the rest allows
 * no script and no request by its own Content-Security-Policy, and stands in a sandbox. The HTML is read in that page's window, under
 * that policy: under the console's the browser would complain of each style.
 */
export function cleanMail(html: string, page: Window & typeof globalThis, pictures: ReadonlyMap<string, string> = new Map()): CleanMail {
  const purifier = createPurifier(page);
  let [remote, missing] = [0, 0];
  purifier.addHook("afterSanitizeAttributes", (element) => {
    for (const name of SOURCES) {
      const value = element.getAttribute(name);
      // A set of sources may name others after the first.
      if (value === null || (name !== "srcset" && /^data:image\/(png|gif|jpe?g|webp|bmp);/i.test(value.trim()))) continue;
      element.removeAttribute(name);
      // A part of the mail itself: the address is one that we made of it.
      const [, own] = /^\s*cid:(.*)$/i.exec(value) ?? [];
      if (own !== undefined) {
        const made = element.localName === "img" && name === "src" ? pictures.get(bareId(own)) : undefined;
        if (made) element.setAttribute("src", made);
        else missing++;
      }
      if (/^\s*(https?:|\/\/)/i.test(value)) remote++;
    }
    // Where a link leads is shown; it is not followed from here.
    const href = element.getAttribute("href");
    if (href !== null) {
      element.removeAttribute("href");
      element.removeAttribute("target");
      if (!href.startsWith("#")) element.setAttribute("title", href);
    }
  });
  const document = purifier.sanitize(html, {
    USE_PROFILES: { html: true },
    ADD_TAGS: ["style"],
    FORBID_TAGS: ["form", "input", "button", "select", "textarea", "option", "link", "meta", "base", "video", "audio", "source", "track", "picture", "dialog", "slot", "template"],
    FORBID_ATTR: ["id", "name", "ping", "autofocus", "tabindex", "contenteditable", "popover", "popovertarget", "is", "slot"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
  }) as HTMLElement;
  const styles = [...document.querySelectorAll("head style")];
  // What a style would fetch, the page's policy refuses as well.
  for (const style of document.querySelectorAll("style")) style.textContent = withoutRequests(style.textContent ?? "", () => remote++);
  for (const styled of document.querySelectorAll("[style]")) {
    styled.setAttribute("style", withoutRequests(styled.getAttribute("style") ?? "", () => remote++));
  }
  return { head: styles, body: [...(document.querySelector("body")?.childNodes ?? [])], remote, missing };
}

function withoutRequests(css: string, left: () => void): string {
  return css
    // An escape may spell any of the words below. Without its backslash it spells none.
    .replaceAll("\\", "")
    // What stood on both sides must not make a new word.
    .replace(/@import[^;]*;?/gi, () => (left(), " "))
    // Of several pictures, all but the first may be elsewhere.
    .replace(/(?:image|image-set|-webkit-image-set|src)\s*\([^)]*\)?/gi, () => (left(), "none"))
    .replace(/url\s*\((?!\s*["']?data:image\/(?:png|gif|jpe?g|webp);)[^)]*\)?/gi, () => (left(), "none"));
}
