import type { ServerResponse } from 'node:http';
import { isGantryError, messageOf, type ErrorKind } from '../../../base/errors.ts';

/** The one table from the kind of an error to its status. */
const statusOfKind: Record<ErrorKind, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  notModified: 304,
  unavailable: 503,
  notImplemented: 501,
  cancelled: 499,
  exhausted: 500,
  internal: 500,
};

export function statusOf(error: unknown): number {
  return isGantryError(error) ? statusOfKind[error.kind] : 500;
}

/** Answers with `{"message"}`, when nothing was sent yet; else breaks the connection, so that the client cannot take half an answer for a whole one. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = statusOf(error);
  if (status === 304) {
    response.writeHead(304).end();
    return;
  }
  const body = `${JSON.stringify({ message: messageOf(error) })}\n`;
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body);
}
