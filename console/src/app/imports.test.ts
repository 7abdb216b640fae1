// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

/** What each folder of `src` may import of the others. `app/session` and `app/useTitle` are there for all that is shown. */
const MAY_IMPORT: Record<string, string[]> = {
  api: [],
  graph: ["api"],
  run: ["api", "graph"],
  edit: ["api", "graph"],
  components: ["api", "graph", "run", "edit", "app/session", "app/useTitle"],
  screens: ["api", "graph", "run", "edit", "components", "app/session", "app/useTitle"],
  app: ["api", "components", "screens"],
};

const src = join(import.meta.dirname, "..");

test("folders import one way", () => {
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith("schema.ts"));
  const wrong = files.flatMap((file) => {
    const [folder = ""] = file.split("/");
    const allowed = MAY_IMPORT[folder];
    if (!allowed) return [];
    const imports = [...readFileSync(join(src, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)];
    const targets = imports.map(([, path = ""]) => relative(src, join(src, file, "..", path)));
    return targets.filter((to) => !to.startsWith(`${folder}/`) && !allowed.some((one) => to === one || to.startsWith(`${one}/`))).map((to) => `${file} imports ${to}`);
  });
  expect(wrong).toEqual([]);
});

test("each component and each screen is one folder, and a component has its test", () => {
  for (const folder of ["components", "screens"]) {
    for (const name of readdirSync(join(src, folder))) {
      const files = readdirSync(join(src, folder, name));
      expect(files, `${folder}/${name}`).toContain(`${name}.tsx`);
      if (folder === "components") expect(files.some((file) => file.startsWith(`${name}.test.`)), `${name} has a test`).toBe(true);
    }
  }
});
