import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { slugOf } from '../reference/markdown.ts';

const sidebar = JSON.parse(readFileSync(new URL('../pages/navigation.json', import.meta.url), 'utf8'));

export default defineConfig({
  title: 'pushwire',
  description: 'WebSocket and Server-Sent Events for Node.js',
  lang: 'en',
  srcDir: './pages',
  outDir: './dist',
  cleanUrls: true,
  // The anchors of headings are those of GitHub: documents have links for both.
  markdown: {
    anchor: { slugify: slugOf },
    headers: { slugify: slugOf },
    toc: { slugify: slugOf },
  },
  themeConfig: {
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Guides', link: sidebar[0].items[0].link },
      { text: 'API', link: '/api/' },
      { text: 'Options', link: '/api/options' },
      { text: 'Errors', link: '/errors' },
    ],
  },
});
