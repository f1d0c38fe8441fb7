// Bundles main.jsx and Grafana's components into out/. Run in the folder that holds node_modules.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';

// CommonJS packages that Grafana's modules import as if they had a default export. Node's rules, which esbuild applies
// to importers that end in .mjs, would hand them the whole module instead.
const CJS = /^(react-custom-scrollbars-2|react-virtualized-auto-sizer|react-highlight-words|react-loading-skeleton|react-hook-form|react-select|rc-.*|react-inlinesvg|react-calendar|react-transition-group|tinycolor2|@hello-pangea.*|react-table|react-dropzone|react-colorful|react-use.*|calculate-size|slate.*|ansicolor|is-hotkey|react-i18next|micro-memoize|downshift|jquery|eventemitter3|fast-json-patch|history)$/;

const grafana = {
  name: 'grafana',
  setup(build) {
    // One copy of each, the ES modules: contexts and registries are shared through them.
    build.onResolve({ filter: /^@grafana\/(runtime|data|ui|schema|i18n|scenes|e2e-selectors)$/ }, ({ path: name }) => ({
      path: path.resolve(name.endsWith('scenes') ? `node_modules/${name}/dist/esm/packages/scenes/src/index.js` : `node_modules/${name}/dist/esm/index.mjs`),
    }));
    build.onResolve({ filter: CJS }, async (args) => {
      if (args.pluginData === 'resolved' || !/@grafana\/(ui|data|runtime)\/.*\.mjs$/.test(args.importer)) return;
      const found = await build.resolve(args.path, { resolveDir: args.resolveDir, kind: 'require-call', pluginData: 'resolved' });
      if (found.errors.length === 0 && /\.c?js$/.test(found.path)) return { path: found.path, namespace: 'cjs' };
    });
    build.onLoad({ filter: /.*/, namespace: 'cjs' }, ({ path: file }) => ({
      resolveDir: path.dirname(file),
      contents: `const m = require(${JSON.stringify(file)}); module.exports = m && m.__esModule && m.default ? Object.assign(m.default, m) : m;`,
    }));
    build.onResolve({ filter: /^react-router-dom-v5-compat$/ }, ({ kind }) => build.resolve('react-router-dom', { resolveDir: process.cwd(), kind }));
    build.onLoad({ filter: /schema\/dist\/esm\/raw\/composable\/table\/panelcfg\/x\/types\.gen\.mjs$/ }, async ({ path: file }) => ({
      contents: (await fs.promises.readFile(file, 'utf8')) + '\nexport const defaultOptions = {};',
    }));
    // The query editor, which nobody opens here.
    build.onResolve({ filter: /^(monaco-editor|react-monaco-editor)/ }, ({ path: name }) => ({ path: name, namespace: 'none' }));
    build.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = new Proxy(function () {}, { get: (t, k) => (k === "__esModule" ? true : t) });' }));
  },
};

await esbuild.build({
  entryPoints: ['main.jsx'], bundle: true, outfile: 'out/app.js', minify: true, logLevel: 'error', plugins: [grafana],
  loader: Object.fromEntries(['.svg', '.woff', '.woff2', '.png', '.ttf'].map((ending) => [ending, 'dataurl'])),
  define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
});
fs.cpSync('node_modules/@grafana/ui/dist/public', 'out/public', { recursive: true });
fs.cpSync('node_modules/@grafana/ui/dist/public/img', 'out/public/build/img', { recursive: true });
fs.copyFileSync('index.html', 'out/index.html');
