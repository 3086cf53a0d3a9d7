import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** A certificate chain and its private key, in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export const samePair = (a: KeyPair, b: KeyPair): boolean => a.cert === b.cert && a.key === b.key;

/** Until when the certificate holds. Throws where one of the two is broken, or they do not belong together: the error holds neither. */
export function validUntil({ cert, key }: KeyPair): Date {
  const leaf = new X509Certificate(cert);
  if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is not that of the certificate');
  // The rest of the chain.
  createSecureContext({ cert, key });
  return new Date(leaf.validTo);
}
