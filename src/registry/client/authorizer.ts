import { parseChallenges, type Challenge } from '../protocol/challenge.ts';
import { formatScope, mergeScopes, parseScope, type Scope } from '../protocol/scope.ts';
import { basicAuthorization, type Credentials, type CredentialSource } from './credentials.ts';
import { requestToken, type Token, type TokenServerAccess } from './token.ts';

/** Knows how one endpoint wants to be asked, and keeps its tokens until shortly before they end. */
export class Authorizer {
  readonly #access: TokenServerAccess;
  readonly #registry: string;
  readonly #plain: boolean;
  readonly #source: CredentialSource;
  readonly #tokens = new Map<string, { token: Promise<Token>; endsAtMs: number }>();
  #challenge: Challenge | undefined;

  constructor(access: TokenServerAccess, endpoint: { registry: string; plain: boolean }, source: CredentialSource) {
    this.#access = access;
    this.#registry = endpoint.registry;
    this.#plain = endpoint.plain;
    this.#source = source;
  }

  /** The `Authorization` header for these scopes; undefined while nothing was demanded, or when we have nothing to show. */
  async authorization(scopes: Scope[]): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    const credentials = await this.#source(this.#registry);
    if (credentials?.registryToken !== undefined && credentials.registryToken !== '') return `Bearer ${credentials.registryToken}`;
    if (this.#challenge.scheme === 'basic') return credentials === undefined ? undefined : basicAuthorization(credentials);
    return `Bearer ${(await this.#token(this.#challenge, scopes, credentials)).value}`;
  }

  /** Learns from a 401. False when asking again would change nothing. */
  async challenged(header: string | undefined, sent: string | undefined, scopes: Scope[]): Promise<boolean> {
    const challenges = parseChallenges(header ?? '');
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined);
    const chosen = bearer ?? challenges.find(({ scheme }) => scheme === 'basic');
    if (chosen === undefined) return false;
    this.#challenge = chosen;
    if (sent === undefined) return chosen.scheme === 'bearer' || await this.authorization(scopes) !== undefined;
    // A token that was refused may have ended early, or lack a scope that only the challenge names: once more, with a new one.
    // Of several requests that were refused at once, the first has seen to that.
    if (chosen.scheme !== 'bearer' || !sent.startsWith('Bearer ')) return false;
    const key = this.#key(chosen, scopes);
    const known = await this.#tokens.get(key)?.token.catch(() => undefined);
    if (known !== undefined && sent === `Bearer ${known.value}`) this.#tokens.delete(key);
    return true;
  }

  #key(challenge: Challenge, scopes: Scope[]): string {
    return [challenge.parameters['realm'], challenge.parameters['service'], ...mergeScopes(scopes).map(formatScope)].join(' ');
  }

  /** Shared by all who ask at once, so it hangs on nobody's signal: the transport bounds its time. */
  #token(challenge: Challenge, scopes: Scope[], credentials: Credentials | undefined): Promise<Token> {
    const key = this.#key(challenge, scopes);
    const known = this.#tokens.get(key);
    if (known !== undefined && known.endsAtMs > Date.now()) return known.token;
    const demanded = (challenge.parameters['scope'] ?? '').split(' ').flatMap((text) => parseScope(text) ?? []);
    const entry = { token: this.#request(challenge, mergeScopes([...scopes, ...demanded]), credentials), endsAtMs: Infinity };
    this.#tokens.set(key, entry);
    entry.token.then(
      (token) => { entry.endsAtMs = Date.now() + token.lifetimeMs * 0.9; },
      () => { if (this.#tokens.get(key) === entry) this.#tokens.delete(key); },
    );
    return entry.token;
  }

  #request(challenge: Challenge, scopes: Scope[], credentials: Credentials | undefined): Promise<Token> {
    return requestToken(this.#access, {
      registry: this.#registry, plain: this.#plain, realm: challenge.parameters['realm']!, service: challenge.parameters['service'], scopes, credentials,
    });
  }
}
