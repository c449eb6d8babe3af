/** Whether a client has what it asks for: `If-None-Match` names its tag. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function isKnownToClient(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, '')).some((tag) => tag === '*' || tag === etag);
}

/** Whether a range may be answered as a part: what the client has the rest of is this very thing. */
export function isSameForRange(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}
