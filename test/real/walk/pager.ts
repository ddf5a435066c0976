// Who is on call: an HTTP server in this process that takes what Alertmanager's webhook receiver sends.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PageAlert = {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
};
export type Page = { readonly atMs: number; readonly alerts: readonly PageAlert[] };
export type Pager = { readonly url: string; readonly pages: readonly Page[]; readonly close: () => Promise<void> };

export const startPager = async (): Promise<Pager> => {
  const pages: Page[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      const { alerts } = JSON.parse(text) as { readonly alerts: readonly PageAlert[] };
      pages.push({ atMs: Date.now(), alerts });
      response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/page`,
    pages,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
