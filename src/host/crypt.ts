import { timingSafeEqual } from 'node:crypto';
import koffi from 'koffi';

/** Every Linux has one of these: glibc's and Debian's libcrypt, libxcrypt's newer name, or crypt(3) inside musl. */
const libraries = ['libcrypt.so.1', 'libcrypt.so.2', 'libc.so'];

type CryptR = ReturnType<typeof declare>;
let loaded: CryptR | undefined;

function declare(library: string) {
  return koffi.load(library).func('const char *crypt_r(const char *phrase, const char *setting, void *data)');
}

function cryptR(): CryptR {
  for (const name of loaded === undefined ? libraries : []) {
    try {
      loaded = declare(name);
      break;
    } catch {
      // The next name may be there.
    }
  }
  if (loaded === undefined) throw new Error(`crypt(3) not found: none of ${libraries.join(', ')} could be loaded`);
  return loaded;
}

/** libxcrypt's `struct crypt_data` has 32,768 bytes. */
const dataBytes = 32_768;

/**
 * Whether `password` has this crypt(3) hash: bcrypt (`$2y$`), SHA-512 and SHA-256 crypt, yescrypt. The work is done on
 * libuv's threads, as `crypto.scrypt` does it. See crypt(5).
 */
export function passwordMatches(password: string, hash: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    // Named in the callback, so that it lives as long as the call that writes into it; and it held the password.
    const data = Buffer.alloc(dataBytes);
    cryptR().async(password, hash, data, (error: Error | null, result: string | null) => {
      data.fill(0);
      if (error !== null) reject(error);
      else resolve(result !== null && !result.startsWith('*') && sameText(result, hash));
    });
  });
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
