import { expect, test } from "vitest";
import { referredIds, shownPictures } from "./pictures";

test("ids are found however they are written", () => {
  expect(referredIds(`<img src="cid:a@b"><IMG SRC='cid:c%40d'><img src=cid:e><img alt="cid:no"><img src="cid:a@b"><img src="cid:100%">`)).toEqual(["a@b", "c@d", "e", "100%"]);
});

test("only small pictures are shown, and no SVG", () => {
  const part = (contentId: string, contentType: string, size: number) => ({ number: 0, contentId, contentType, size, inline: true, selfUri: "" });
  const html = ["png", "svg", "html", "big", "gone"].map((id) => `<img src="cid:${id}">`).join("");
  const found = shownPictures(html, [part("png", "image/png", 10), part("svg", "image/svg+xml", 10), part("html", "text/html", 10), part("big", "image/png", 1e9), part("other", "image/png", 1)]);
  expect(found.map((one) => one.contentId)).toEqual(["png"]);
  const many = ["a", "b", "c", "d"].map((id) => part(id, "image/gif", 4 * 1024 * 1024));
  expect(shownPictures(many.map((one) => `<img src="cid:${one.contentId}">`).join(""), many)).toHaveLength(3);
});
