// Certificates made on the spot, and TLS in front of a receiver that has none. Go brings a program that makes a certificate
// which is its own CA; Node cannot make one.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Certificate = { readonly certFile: string; readonly keyFile: string };

/** For 127.0.0.1, trusted by whoever is given `certFile` as CA. */
export const makeCertificate = async (folder: string): Promise<Certificate> => {
  mkdirSync(folder, { recursive: true });
  const { stdout } = await run('go', ['env', 'GOROOT']);
  const program = join(stdout.trim(), 'src', 'crypto', 'tls', 'generate_cert.go');
  await run('go', ['run', program, '--host', '127.0.0.1', '--ca', '--ecdsa-curve', 'P256'], { cwd: folder });
  return { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
};

export type TlsFront = { readonly url: string; readonly close: () => Promise<void> };

/** `alpn`: `h2` for gRPC, `http/1.1` for OTLP over HTTP. */
export const tlsInFrontOf = async (
  plainUrl: string,
  { certFile, keyFile }: Certificate,
  alpn: 'h2' | 'http/1.1',
): Promise<TlsFront> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    // Cut by whoever ends first; the test looks at what arrived.
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const options = { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: [alpn] };
  const server = createServer(options, (outer) => {
    const inner = connect(Number(new URL(plainUrl).port), '127.0.0.1');
    keep(outer);
    keep(inner);
    outer.pipe(inner).pipe(outer);
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
