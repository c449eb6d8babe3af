import { messageOf } from '../../base/errors.ts';
import { socketText } from '../../base/socket-text.ts';

interface NetworkError { code?: string; address?: string; port?: number; hostname?: string; errors?: unknown[] }

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', EHOSTUNREACH: 'no route to host', ENETUNREACH: 'network is unreachable', ETIMEDOUT: 'connection timed out',
};

/** What the network said, in the words that people know from docker and look for. */
export function networkReason(error: unknown): string {
  // Of a name with several addresses the first tells what it is about.
  const each = (error as NetworkError | undefined)?.errors;
  if (Array.isArray(each) && each.length > 0) return networkReason(each[0]);
  const { code = '', address, port, hostname } = (error ?? {}) as NetworkError;
  const words = unreachable[code];
  if (words !== undefined && address !== undefined) return `dial tcp ${socketText(address, port ?? '')}: connect: ${words}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname ?? 'its name'}: ${code === 'ENOTFOUND' ? 'no such host' : 'server misbehaving'}`;
  const message = messageOf(error) || code || 'the connection failed';
  if (/^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?))$/.test(code)) {
    return `tls: failed to verify certificate: x509: certificate signed by unknown authority (${message})`;
  }
  if (code === 'CERT_HAS_EXPIRED') return `tls: failed to verify certificate: x509: certificate has expired or is not yet valid (${message})`;
  if (code === 'EPROTO' && /wrong version number|packet length too long/i.test(message)) return 'http: server gave HTTP response to HTTPS client';
  return code === 'ECONNRESET' && message === 'socket hang up' ? 'EOF' : message;
}
