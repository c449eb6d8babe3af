import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A registry's front that wants tokens, with the server that gives them: a password buys an identity token, that buys the others. */
export interface TokenFront extends AsyncDisposable {
  host: string;
  /** `password`, `anonymous` or `refresh`, with what was asked for. */
  issued: string[];
}

const identityToken = 'the-identity-token';

export async function startTokenFront(target: string, account: { username: string; password: string }): Promise<TokenFront> {
  const basic = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
  const issued: string[] = [];
  const giveToken = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, 'http://front');
    const form = new URLSearchParams(request.method === 'POST' ? await text(request) : url.search);
    const isRefresh = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === identityToken;
    const isPassword = request.method === 'GET' && request.headers.authorization === basic;
    if (!isRefresh && !isPassword) return void response.writeHead(401).end('{"details":"incorrect username or password"}');
    issued.push(`${isRefresh ? 'refresh' : 'password'} ${form.getAll('scope').join(' ')}`.trim());
    response.end(JSON.stringify({ token: 'T', access_token: 'T', expires_in: 60, ...(form.get('offline_token') === 'true' ? { refresh_token: identityToken } : {}) }));
  };
  const server = createServer((request, response) => {
    if (request.url!.startsWith('/token')) return void giveToken(request, response);
    if (request.headers.authorization !== 'Bearer T') {
      return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="front"` }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
    }
    const onward = httpRequest(`http://${target}${request.url}`, { method: request.method, headers: request.headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, issued,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
