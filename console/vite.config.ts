import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` shows the console of a running server: WAYPOST_URL, or the address of `make run`.
const server = process.env.WAYPOST_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { fs: { allow: [".."] }, proxy: { "/api": server } },
  build: {
    outDir: "dist/built",
    emptyOutDir: true,
    // The Content-Security-Policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  // One DOM for all files: making one takes longer than all tests.
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/style/tests.ts"], css: false, isolate: false, fileParallelism: false, testTimeout: 60_000, expect: { poll: { timeout: 30_000 } } },
});
