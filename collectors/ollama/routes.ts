// The routes that Ollama serves. A path that is none of these is `other`: paths have unbounded cardinality and can carry
// anything a client writes, so the text of an unknown one never travels.

const routes: ReadonlySet<string> = new Set([
  '/',
  '/api/generate',
  '/api/chat',
  '/api/embed',
  '/api/embeddings',
  '/api/tags',
  '/api/ps',
  '/api/show',
  '/api/version',
  '/api/status',
  '/api/pull',
  '/api/push',
  '/api/create',
  '/api/copy',
  '/api/delete',
  '/api/me',
  '/api/signout',
  '/api/web_search',
  '/api/web_fetch',
  '/api/experimental/aliases',
  '/api/experimental/model-recommendations',
  '/api/experimental/web_search',
  '/api/experimental/web_fetch',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/models',
  '/v1/responses',
  '/v1/messages',
  '/v1/audio/transcriptions',
  '/v1/images/generations',
  '/v1/images/edits',
  '/metrics',
]);

const prefixes: readonly (readonly [prefix: string, route: string])[] = [
  ['/api/blobs/', '/api/blobs/:digest'],
  ['/api/user/keys/', '/api/user/keys/:key'],
  ['/v1/models/', '/v1/models/:model'],
];

export const OTHER_ROUTE = 'other';

/** The known route of a path without its query, or `other`. */
export const routeOf = (path: string): string => {
  if (routes.has(path)) return path;
  for (const [prefix, route] of prefixes) if (path.startsWith(prefix) && path.length > prefix.length) return route;
  return OTHER_ROUTE;
};

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

/** A known method, or `_OTHER` as the HTTP conventions name the rest: a client may send any word. */
export const methodOf = (method: string): string => (methods.has(method) ? method : '_OTHER');
