import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;
const fonts = join(here, "node_modules/@expo-google-fonts/noto-sans-sc");
/** Small scripts of staff and site pages, one output each. */
const pages = readdirSync(join(here, "src/staff")).map((name) => [name.replace(/\.ts$/, ""), join(here, "src/staff", name)] as const);

/** Adds what is shipped as it is: the site's styles, the icons, and the font that certificates embed. */
function shipped(): Plugin {
  const files: [string, string][] = [
    ...readdirSync(join(here, "styles")).map((name): [string, string] => [name, join(here, "styles", name)]),
    ["fonts/NotoSansSC-Regular.ttf", join(fonts, "400Regular/NotoSansSC_400Regular.ttf")],
    ["fonts/NotoSansSC-SemiBold.ttf", join(fonts, "600SemiBold/NotoSansSC_600SemiBold.ttf")],
    ["fonts/LICENSE.txt", join(fonts, "LICENSE_FONT")],
  ];
  return {
    name: "shipped-files",
    buildStart() {
      for (const [fileName, path] of files) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(path) });
      }
    },
    generateBundle(_options, bundle) {
      // The server adds ?v=<digest> to the fixed names, so that a new release is never mixed with a cached one.
      const digests = Object.values(bundle).map((file) => {
        const body = file.type === "chunk" ? file.code : file.source;
        return [file.fileName, createHash("sha256").update(body).digest("hex").slice(0, 12)] as const;
      });
      const source = JSON.stringify(Object.fromEntries(digests.sort()), null, 1);
      this.emitFile({ type: "asset", fileName: "manifest.json", source });
    },
  };
}

export default defineConfig({
  root: here,
  publicDir: false,
  plugins: [shipped()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: { player: join(here, "src/player.ts"), preview: join(here, "src/preview.ts"), ...Object.fromEntries(pages) },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", assetFileNames: "[name][extname]" },
    },
  },
});
