import { once } from 'node:events';
import { request as httpRequest, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry's front: counts what goes through, and lets a test hold answers back. */
export interface CountingProxy extends AsyncDisposable {
  host: string;
  /** `GET /v2/…` as they came. */
  requests: string[];
  /** Bytes of blobs that went out. */
  blobBytes: number;
  /** Called before each piece of a blob goes on; a promise holds it. */
  onPiece: ((sentBytes: number) => void | Promise<void>) | undefined;
}

export async function countingProxy(target: string): Promise<CountingProxy> {
  const server = createServer((request, response) => forward(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: CountingProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests: [], blobBytes: 0, onPiece: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const forward = (request: IncomingMessage, response: ServerResponse): void => {
    proxy.requests.push(`${request.method} ${request.url}`);
    const isBlob = request.method === 'GET' && /\/blobs\/sha/.test(request.url ?? '');
    const onward = httpRequest(`http://${target}${request.url}`, { method: request.method, headers: request.headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      void pour(answer, response, isBlob);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const pour = async (answer: IncomingMessage, response: ServerResponse, isBlob: boolean): Promise<void> => {
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          const piece = chunk.subarray(at, at + pieceBytes);
          if (isBlob) await proxy.onPiece?.(proxy.blobBytes);
          if (response.destroyed) return answer.destroy() as unknown as undefined;
          if (isBlob) proxy.blobBytes += piece.length;
          if (!response.write(piece)) await drained(response);
        }
      }
      response.end();
    } catch {
      response.destroy();
    }
  };
  return proxy;
}

const pieceBytes = 16 << 10;

async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  try {
    await Promise.race([once(response, 'drain', { signal: either.signal }), once(response, 'close', { signal: either.signal })]);
  } finally {
    either.abort();
  }
}
