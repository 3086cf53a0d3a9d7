import { KeyObject, createPublicKey, webcrypto } from 'node:crypto';
import type { CryptoKey, JWTHeaderParameters } from 'jose';

export type TokenKey = CryptoKey | KeyObject;

/**
 * Where the keys of tokens come from. The algorithms are those of the keys, never what a token asks for: one that names another (a public key taken
 * for an HMAC secret, `none`) is refused before any key is touched.
 */
export interface TokenKeys {
  readonly algorithms: readonly string[];
  /** Keys that may have signed a token with this header, whose `alg` is one of ours. Rejects with `KeysAwayError` where nobody can say. */
  candidates(header: JWTHeaderParameters): Promise<readonly TokenKey[]>;
}

/** HS256. */
export class SecretKey implements TokenKeys {
  readonly algorithms = ['HS256'];
  private readonly key: Promise<CryptoKey>;

  constructor(secret: string) {
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    this.key = webcrypto.subtle.importKey('raw', Buffer.from(secret), hmac, false, ['verify']);
  }

  async candidates(): Promise<readonly TokenKey[]> {
    return [await this.key];
  }
}

/** RS256, ES256 or EdDSA, as the key is. */
export class PublicKey implements TokenKeys {
  readonly algorithms: readonly string[];
  private readonly key: KeyObject;

  /** @param pem throws where it is no public key that tokens can be signed with; `\n` may stand for line ends. */
  constructor(pem: string) {
    if (pem.includes('PRIVATE KEY')) throw new TypeError('a private key has no place here');
    this.key = createPublicKey(pem.replaceAll('\\n', '\n'));
    this.algorithms = algorithmsOf(this.key);
  }

  async candidates(): Promise<readonly TokenKey[]> {
    return [this.key];
  }
}

/** RFC 7518 §3.3 asks for RSA keys of 2,048 bits or more. */
const RSA_MIN_BITS = 2_048;

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly string[] {
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= RSA_MIN_BITS) return ['RS256'];
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return ['ES256'];
  if (type === 'ed25519') return EDWARDS;
  throw new TypeError(`${type} ${details?.namedCurve ?? details?.modulusLength ?? ''} is not supported`);
}

/** Two names of one algorithm: RFC 8037 and RFC 9864. */
const EDWARDS = ['EdDSA', 'Ed25519'];

/** What a key set may hold: public keys only, each taken for its own algorithm alone. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = ['RS256', 'ES256', ...EDWARDS];
