import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { defineConfig, type Plugin } from "vite";

const SOURCES = ["index.html", "package-lock.json", "package.json", "src", "tsconfig.json", "vite.config.ts", "../../examples"];

/** Writes the digest of the sources beside what is built of them, so that a test sees what is stale. */
function digested(): Plugin {
  return {
    name: "digested",
    closeBundle() {
      const digest = createHash("sha256");
      for (const source of SOURCES.flatMap(filesOf)) {
        digest.update(readFileSync(join(import.meta.dirname, source)));
      }
      writeFileSync(join(import.meta.dirname, "dist/sources.sha256"), `${digest.digest("hex")}\n`);
    },
  };
}

function filesOf(source: string): string[] {
  if (/\.\w+$/.test(source)) {
    return [source];
  }
  return readdirSync(join(import.meta.dirname, source)).sort().map((name) => `${source}/${name}`);
}

export default defineConfig({
  base: "./",
  build: {
    assetsDir: "page",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  plugins: [digested()],
});
