import { GantryError } from '../../base/errors.ts';

/** An image's name in a path: slashes stay, as the API has them. */
export function imagePath(name: string): string {
  return name.split('/').map((part) => encodeURIComponent(part).replaceAll('%3A', ':').replaceAll('%40', '@')).join('/');
}

/** `os[/arch[/variant]]` as the API takes it, in JSON; undefined for none. `failure` begins what is said of another. Throws GantryError `invalid`. */
export function platformQuery(text: string, failure = ''): string | undefined {
  if (text === '') return undefined;
  const [os = '', architecture, variant, ...more] = text.split('/');
  if (os === '' || more.length > 0) throw new GantryError('invalid', `${failure}${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  return JSON.stringify({ os, ...(architecture === undefined ? {} : { architecture }), ...(variant === undefined ? {} : { variant }) });
}
