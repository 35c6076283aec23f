import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = join(here, '../../web/static');
const entries = join(here, 'src/entries');
const target = 'es2022';
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as { version: string };

/** One page entry for each file of src/entries, named after it. */
function inputs(): Record<string, string> {
  const names = readdirSync(entries).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  if (names.length === 0) throw new Error(`no entry file in ${entries}`);
  return Object.fromEntries(names.map((name) => [basename(name, '.ts'), join(entries, name)]));
}

/**
 * The service worker is one classic script without imports and without a hash in its name: browsers find its new
 * version by fetching the same URL again, and Firefox runs module workers only in newer versions.
 */
function serviceWorker(): Plugin {
  return {
    name: 'tez-service-worker',
    apply: 'build',
    async closeBundle() {
      await build({
        configFile: false,
        root: here,
        publicDir: false,
        logLevel: 'warn',
        define: { __TEZ_VERSION__: JSON.stringify(version) },
        build: {
          outDir: out,
          emptyOutDir: false,
          target,
          modulePreload: false,
          rolldownOptions: {
            input: join(here, 'src/sw/main.ts'),
            output: { format: 'iife', entryFileNames: 'sw.js', codeSplitting: false },
          },
        },
      });
    },
  };
}

/** Writes name.gz and name.br beside every text file, so that the server never compresses on a request. */
function compress(): Plugin {
  const texts = new Set(['.js', '.css', '.svg', '.json', '.html', '.webmanifest', '.map']);
  return {
    name: 'tez-compress',
    apply: 'build',
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile() || !texts.has(extname(entry.name)) || entry.name === 'manifest.json') continue;
          const path = join(entry.parentPath, entry.name);
          const body = readFileSync(path);
          if (body.length < 512) continue;
          writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
          writeFileSync(
            `${path}.br`,
            brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }),
          );
        }
      },
    },
  };
}

export default defineConfig(({ command }) => ({
  root: here,
  base: '/static/',
  build: {
    outDir: out,
    emptyOutDir: true,
    manifest: 'manifest.json',
    target,
    // The pages' policy allows neither data: URLs nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: command === 'build' ? { input: inputs() } : {},
  },
  plugins: [serviceWorker(), compress()],
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 10_000,
    restoreMocks: true,
  },
}));
