// The receiving ends of all channels, in this process and on loopback: Slack's and PagerDuty's HTTP addresses, a webhook, and
// a mail server that speaks just enough SMTP. What arrives is kept in order, as it came.
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';

export type Channel = 'slack' | 'pagerduty' | 'webhook' | 'email';

export type Message = { readonly channel: Channel; readonly body: string };

export type Channels = {
  readonly httpUrl: string;
  readonly smtpPort: number;
  readonly messages: readonly Message[];
  readonly of: (channel: Channel) => readonly string[];
  readonly close: () => Promise<void>;
};

const isHttpChannel = (name: string): name is 'slack' | 'pagerduty' | 'webhook' =>
  ['slack', 'pagerduty', 'webhook'].includes(name);

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  request.setEncoding('utf8');
  for await (const part of request) body += part;
  return body;
};

const httpServer = (keep: (message: Message) => void): Server =>
  createHttpServer((request, response) => {
    const channel = (request.url ?? '').slice(1);
    void bodyOf(request).then((body) => {
      if (isHttpChannel(channel)) keep({ channel, body });
      // Slack answers a bare `ok`, PagerDuty 202: Alertmanager looks at both.
      response.writeHead(channel === 'pagerduty' ? 202 : 200, { 'content-type': 'text/plain' }).end('ok');
    });
  });

/** One mail per connection is all that Alertmanager sends. */
const speakSmtp = (socket: Socket, keep: (message: Message) => void): void => {
  let pending = '';
  let mail: string[] | undefined;
  const say = (line: string): boolean => socket.write(`${line}\r\n`);
  const command = (line: string): void => {
    if (mail !== undefined) {
      if (line !== '.') {
        mail.push(line.startsWith('..') ? line.slice(1) : line);
        return;
      }
      keep({ channel: 'email', body: mail.join('\n') });
      mail = undefined;
      say('250 kept');
    } else if (line === 'DATA') {
      mail = [];
      say('354 go on');
    } else if (line === 'QUIT') {
      say('221 bye');
      socket.end();
    } else say('250 ok');
  };
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: string) => {
    const lines = (pending + part).split('\r\n');
    pending = lines.pop() ?? '';
    for (const line of lines) command(line);
  });
  say('220 test');
};

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

export const openChannels = async (): Promise<Channels> => {
  const messages: Message[] = [];
  const keep = (message: Message): void => {
    messages.push(message);
  };
  const http = httpServer(keep);
  const sockets = new Set<Socket>();
  const smtp = createTcpServer((socket) => {
    sockets.add(socket);
    speakSmtp(socket, keep);
  });
  const httpPort = await listen(http);
  const smtpPort = await listen(smtp);
  return {
    httpUrl: `http://127.0.0.1:${httpPort}`,
    smtpPort,
    messages,
    of: (channel) => messages.filter((message) => message.channel === channel).map(({ body }) => body),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      (http as ReturnType<typeof createHttpServer>).closeAllConnections();
      await Promise.all([http, smtp].map((server) => new Promise<void>((done) => server.close(() => done()))));
    },
  };
};
