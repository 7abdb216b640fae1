import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// On a machine that is busy much takes longer than the second that is waited unless told.
configure({ asyncUtilTimeout: 30_000 });
afterEach(cleanup);
// Nothing has a size where nothing is drawn.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
