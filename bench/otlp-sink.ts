// An OTLP receiver that throws away what it gets, in a process of its own, so that a benchmark measures the sender alone.
// Prints its two addresses as one line of JSON: `{"http":"http://127.0.0.1:…","grpc":"http://127.0.0.1:…"}`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';

const http = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
const grpc = createHttp2Server();
grpc.on('stream', (stream) => {
  stream.resume().on('end', () => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.end(Buffer.alloc(5));
  });
});
http.listen(0, '127.0.0.1');
grpc.listen(0, '127.0.0.1');
await Promise.all([once(http, 'listening'), once(grpc, 'listening')]);
const url = (server: { address(): unknown }): string => {
  const address = server.address();
  return typeof address === 'object' && address !== null && 'port' in address ? `http://127.0.0.1:${address.port}` : '';
};
console.log(JSON.stringify({ http: url(http), grpc: url(grpc) }));
