import { once } from 'node:events';
import { connect } from 'node:net';

/** The answer to a request for /index.html, as it comes. @throws where nobody listens */
export async function askPage(host: string, port: number): Promise<string> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    socket.write('GET /index.html HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  } finally {
    socket.destroy();
  }
}
