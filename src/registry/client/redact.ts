/** A URL fit for logs and errors: no user information, no query values (signed URLs and tokens live there). */
export function redactUrl(url: URL): string {
  const names = [...new Set(url.searchParams.keys())];
  const query = names.length === 0 ? '' : `?${names.map((name) => `${encodeURIComponent(name)}=…`).join('&')}`;
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}
