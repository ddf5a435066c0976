// Every page, or part of a page, that is made from code. README.md keeps its prose; only the part between markers is made.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderSearches } from '../jaeger/searches/page.ts';
import { renderQueries } from '../loki/queries/page.ts';
import { renderDocs } from '../otel/docs.ts';
import { renderSettings } from './settings.ts';

export type GeneratedPage = { readonly path: string; readonly text: string };

const BEGIN = '<!-- settings: made by npm run docs -->';
const END = '<!-- end of settings -->';

const withSettings = (readme: string): string => {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) return readme;
  return `${readme.slice(0, from)}${BEGIN}\n\n${renderSettings()}\n${readme.slice(to)}`;
};

export const generatedPages = (root: string): readonly GeneratedPage[] => [
  ...renderDocs(),
  { path: 'loki/QUERIES.md', text: renderQueries() },
  { path: 'jaeger/SEARCHES.md', text: renderSearches() },
  { path: 'README.md', text: withSettings(readFileSync(join(root, 'README.md'), 'utf8')) },
];
