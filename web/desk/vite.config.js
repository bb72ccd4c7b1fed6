import { defineConfig } from "vite";

const gateway = "http://127.0.0.1:8000";

export default defineConfig({
  base: "/desk/",
  build: {
    outDir: "../../src/gateway/desk",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { proxy: { "/v1": gateway, "/feed": { target: gateway, ws: true } } },
});
