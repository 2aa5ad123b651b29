import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import Drawing from './Drawing.vue';
import RunExample from './RunExample.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('Drawing', Drawing);
    app.component('RunExample', RunExample);
  },
} satisfies Theme;
