import { GantryError, messageOf } from '../../base/errors.ts';
import { hostArchitecture } from '../../host/architecture.ts';
import { parsePlatform, type Platform } from '../../oci/platform.ts';

/** An image's name in a path: slashes stay, as the API has them. */
export function imagePath(name: string): string {
  return name.split('/').map((part) => encodeURIComponent(part).replaceAll('%3A', ':').replaceAll('%40', '@')).join('/');
}

/** `os[/arch[/variant]]` as the API takes it, in JSON; undefined for none. `failure` begins what is said of one that is none. Throws GantryError `invalid`. */
export function platformQuery(text: string, failure = ''): string | undefined {
  if (text === '') return undefined;
  try {
    return JSON.stringify(parsePlatform(text, here));
  } catch (error) {
    throw new GantryError('invalid', `${failure}${messageOf(error)}`, { cause: error });
  }
}

/** What a system without an architecture stands for. */
const here: Platform = { os: 'linux', architecture: hostArchitecture() };
