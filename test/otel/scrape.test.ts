// The page for Prometheus: its answers, its refusals, and what it says when its address is taken.
import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type Scrape, startScrape } from '../../otel/export/scrape.ts';

const open: Scrape[] = [];
const start = async (text: () => string, port = 0): Promise<Scrape> => {
  const scrape = await startScrape({ host: '127.0.0.1', port, text, setting: 'metrics-listen' });
  open.push(scrape);
  return scrape;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((scrape) => scrape.close()));
});

describe('the page for Prometheus', () => {
  test('serves the text of this moment, never a stored one', async () => {
    let n = 0;
    const { url } = await start(() => {
      n += 1;
      return `up ${n}
`;
    });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const first = await fetch(url, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
    expect([first.status, first.headers.get('content-type'), first.headers.get('cache-control')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ]);
    expect(await first.text()).toBe('up 1\n');
    expect(await (await fetch(`${url}?x=1`)).text()).toBe('up 2\n');
  });

  test('points the way from its root, knows nothing else, and takes no other method', async () => {
    const { url } = await start(() => 'up 1\n');
    const root = new URL('/', url);
    expect(await (await fetch(root)).text()).toContain('/metrics');
    expect((await fetch(new URL('/metrics/../etc', url))).status).toBe(404);
    const posted = await fetch(url, { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', '']);
  });

  test('says which setting to change when the address is taken', async () => {
    const { url } = await start(() => '');
    const port = Number(new URL(url).port);
    await expect(start(() => '', port)).rejects.toThrow(
      `metrics-listen: expected to serve /metrics on 127.0.0.1:${port}, found that another program has it. What to do: give metrics-listen another host:port, or none.`,
    );
  });

  test('closing does not wait for a reader that keeps its connection', async () => {
    const scrape = await start(() => 'up 1\n');
    const idle = request(scrape.url, { headers: { connection: 'keep-alive' } });
    await new Promise((resolve) => idle.on('response', (response) => response.resume().on('end', resolve)).end());
    open.splice(0);
    await scrape.close();
    await expect(fetch(scrape.url)).rejects.toThrow();
  });
});
