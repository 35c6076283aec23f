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

/** The sheets in css`…` without their comments and indents, which are a twentieth of what some pages load. What is in `${…}` stays. */
function sheets(): Plugin {
  const squeeze = (text: string) =>
    text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};]) ?/g, '$1')
      .replace(/([:,]) /g, '$1')
      .replaceAll(';}', '}');
  return {
    name: 'tez-sheets',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (!id.startsWith(join(here, 'src')) || !id.endsWith('.ts')) return null;
      return code.replace(/\bcss`([^`]*)`/g, (_, sheet: string) => {
        const parts = sheet.split(/(\$\{[^}]*\})/);
        return `css\`${parts.map((part, i) => (i % 2 ? part : squeeze(part))).join('')}\``;
      });
    },
  };
}

/**
 * Cuts off of uPlot what no page uses and its own shape keeps a bundler from dropping: joining of data, time zones, stepped and smooth lines,
 * words for dates (the charts bring theirs). A tenth of what the network's charts load. Fails when a new version of uPlot says it in another way.
 */
function plots(): Plugin {
  const unused = [
    ['uPlot.join = join;', ''],
    ['uPlot.fmtDate = fmtDate;', ''],
    ['uPlot.tzDate  = tzDate;', ''],
    ['(paths.stepped = stepped);', ''],
    ['(paths.spline  = monotoneCubic);', ''],
    ['(opts.fmtDate || fmtDate)', 'opts.fmtDate'],
    ['let stamp = fmtDate(dateTpl);', 'let stamp = () => dateTpl;'],
  ] as const;
  return {
    name: 'tez-plots',
    apply: 'build',
    transform(code, id) {
      if (!id.endsWith('/uPlot.esm.js')) return null;
      return unused.reduce((left, [now, then]) => {
        if (!left.includes(now)) throw new Error(`uPlot has no \`${now}\` any more: see plots() in vite.config.ts`);
        return left.replace(now, then);
      }, code);
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

/** What the network's pages have in common, as one file: apart, each small file costs a request and a tenth of its size. */
const groups = [
  {
    name: 'net',
    test: /src\/(netmonitor\/(api|host-dialogs|model|states|store|strings|types|units)|locales\/netmonitor\/(en|ru))\.ts$/,
  },
];

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
    rolldownOptions:
      command === 'build'
        ? { input: inputs(), output: { codeSplitting: { groups, includeDependenciesRecursively: false } } }
        : {},
  },
  plugins: [sheets(), plots(), serviceWorker(), compress()],
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 10_000,
    restoreMocks: true,
  },
}));
