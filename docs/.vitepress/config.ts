import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type DefaultTheme } from 'vitepress';
import { isolation } from '../build/isolation.js';

const pages = fileURLToPath(new URL('../pages', import.meta.url));

/** The API's part of the side bar is what the doc comments make it. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const modules = ['core', 'core-comlink', 'actors', 'actors-testkit', 'check'];
  const kinds = ['classes', 'functions', 'variables', 'interfaces', 'type-aliases'];
  return modules.map(module => ({
    text: `@heddle/${module.replace('-', '/')}`,
    link: `/api/${module}/`,
    collapsed: module !== 'core',
    items: kinds
      .filter(kind => existsSync(`${pages}/api/${module}/${kind}`))
      .map(kind => ({
        text: kind.replace('-', ' '),
        collapsed: kind !== 'classes',
        items: readdirSync(`${pages}/api/${module}/${kind}`)
          .map(file => file.replace('.md', ''))
          .toSorted()
          .map(name => ({ text: name, link: `/api/${module}/${kind}/${name}` })),
      })),
  }));
}

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: 'Ten minutes',
    items: [
      { text: 'If you know Python', link: '/start/python' },
      { text: 'If you know Erlang or Akka', link: '/start/erlang' },
      { text: 'If you know JavaScript', link: '/start/javascript' },
    ],
  },
  {
    text: 'How to …',
    items: [
      { text: 'share a counter', link: '/guide/counter' },
      { text: 'build a work queue', link: '/guide/queue' },
      { text: 'use a pool of threads', link: '/guide/pool' },
      { text: 'stop a thread', link: '/guide/stop' },
      { text: 'find a deadlock', link: '/guide/deadlock' },
      { text: 'supervise a worker', link: '/guide/supervise' },
      { text: 'test concurrent code', link: '/guide/test' },
      { text: 'run in the browser', link: '/guide/browser' },
      { text: 'bundle with Vite', link: '/guide/vite' },
      { text: 'run jobs at times', link: '/guide/jobs' },
      { text: 'stream lines into a database', link: '/guide/stream' },
    ],
  },
  {
    text: 'Look up',
    items: [
      { text: 'Errors', link: '/errors' },
      { text: 'Runtimes', link: '/runtimes' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'Comparison', link: '/comparison' },
      { text: 'Conformance', link: '/conformance' },
    ],
  },
  {
    text: 'How it works',
    items: [
      { text: 'Overview', link: '/architecture/' },
      { text: 'Shared memory', link: '/architecture/memory' },
      { text: 'A lock', link: '/architecture/lock' },
      { text: 'A queue', link: '/architecture/queue' },
      { text: 'Actors on threads', link: '/architecture/actors' },
      { text: 'Supervision', link: '/architecture/supervision' },
    ],
  },
];

export default defineConfig({
  title: 'Heddle',
  description: 'Threads and actors for TypeScript, over shared memory',
  srcDir: 'pages',
  cleanUrls: false,
  lastUpdated: false,
  base: process.env['DOCS_BASE'] ?? '/',
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${process.env['DOCS_BASE'] ?? '/'}icon.svg` }],
    // Before anything else: a page that its host doesn't isolate loads itself once more through a service worker.
    ['script', { src: `${process.env['DOCS_BASE'] ?? '/'}isolate.js` }],
  ],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config(md) {
      // What a program prints has a name of its own for the check of code blocks, and no colours.
      md.core.ruler.push('output', ({ tokens }) => {
        for (const token of tokens)
          if (token.type === 'fence' && /^output\b/.test(token.info)) token.info = 'txt';
      });
    },
  },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Start', link: '/start/javascript', activeMatch: '/start/' },
      { text: 'Guide', link: '/guide/counter', activeMatch: '/guide/' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'How it works', link: '/architecture/', activeMatch: '/architecture/' },
    ],
    sidebar: { '/api/': apiSidebar(), '/': guide },
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    footer: { message: 'MIT licence' },
  },
  vite: {
    server: { headers: isolation, fs: { allow: ['..'] } },
    plugins: [
      {
        // VitePress answers for pages itself, without `server.headers`.
        name: 'isolate-pages',
        configureServer({ middlewares }) {
          middlewares.use((_request, response, next) => {
            for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
            next();
          });
        },
      },
    ],
    worker: { format: 'es' },
    // The polyfill needs a page, and would come into the chunk that threads import for their tasks.
    build: { modulePreload: { polyfill: false }, chunkSizeWarningLimit: 2000 },
    // Has only been linked: its workers are found beside its files.
    optimizeDeps: { exclude: ['@heddle/core'] },
  },
});
