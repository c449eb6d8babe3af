import { answer, type Exchange } from '../exchange.ts';

/** A plain page for people who open the registry in a browser: repositories and their tags. */
export async function servePage(exchange: Exchange, mayPull: (name: string) => boolean): Promise<void> {
  const { repositories } = exchange.context.storage;
  const names = (await repositories.names()).filter(mayPull);
  const rows = await Promise.all(names.map(async (name) => {
    const tags = (await repositories.tags(name)).map((tag) => `<code>${escapeHtml(exchange.request.headers.host ?? '')}/${escapeHtml(name)}:${escapeHtml(tag)}</code>`);
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${tags.join('<br>') || 'no tags'}</td></tr>`;
  }));
  const body = rows.length === 0 ? '<p>Nothing has been pushed yet.</p>' : `<table><thead><tr><th>Repository</th><th>Pull as</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  answer(exchange, 200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
  }, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Registry</title><style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .8rem;border-bottom:1px solid #8884}
</style></head><body><h1>Registry</h1>${body}</body></html>`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
