import { flag, list, milliseconds, oneOf, text, url, type Variable } from './variable.js';
import { z } from 'zod';

const HOST_NAME = '[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*';
const ORIGIN = new RegExp(`^(\\*|(https?://)?\\*\\.${HOST_NAME}(:\\d{1,5})?|https?://[^\\s/*?#@]+)$`, 'i');

/** HS256 is as strong as its key: one shorter than the hash (RFC 7518 §3.2) can be guessed from a single token. */
const SECRET_MIN_BYTES = 32;

const secret = (): Pick<Variable<string>, 'schema' | 'allowed'> => ({
  schema: z.string().refine((value) => Buffer.byteLength(value) >= SECRET_MIN_BYTES),
  allowed: `${SECRET_MIN_BYTES} bytes or more`,
});

/** Who may come in, and over what: tokens, origins, TLS. */
export const ACCESS_VARIABLES = {
  AUTH_MODE: {
    ...oneOf(['none', 'jwt']),
    description:
      'Who may come in. `jwt`: who has a token, as the user in its `sub`. `none`: whoever connects may be any user, for trying out',
    default: { standalone: 'none' },
  },
  ALLOW_INSECURE: {
    ...flag(),
    description: '1: `AUTH_MODE=none` may listen on an address that others reach',
    default: '0',
  },
  JWT_SECRET: {
    ...secret(),
    description: 'Tokens are signed with this secret (HS256). One of the four key sources that `AUTH_MODE=jwt` needs',
    optional: true,
    secret: true,
  },
  JWT_PUBLIC_KEY: {
    ...text(/-----BEGIN (RSA )?PUBLIC KEY-----/, 'a public key in PEM: RSA of 2048 bits or more, EC P-256, or Ed25519'),
    description:
      'Tokens are signed with its private half (RS256, ES256 or EdDSA, as the key is); `\\n` may stand for line ends',
    optional: true,
    secret: true,
  },
  JWT_PUBLIC_KEY_FILE: {
    ...text(/\S/, 'a file that holds a public key in PEM: RSA of 2048 bits or more, EC P-256, or Ed25519'),
    description: 'The same from a file, read at the start',
    optional: true,
  },
  JWT_JWKS_URL: {
    ...url(['http:', 'https:'], 'the http or https URL of a JSON Web Key Set'),
    description: 'Tokens are signed with a key of this set (RS256, ES256, EdDSA); rotated keys are picked up',
    optional: true,
  },
  JWT_ISSUER: {
    ...text(/\S/, 'what `iss` says'),
    description: 'Only tokens of this issuer; unset: of any',
    optional: true,
  },
  JWT_AUDIENCE: {
    ...text(/\S/, 'what `aud` says, or contains'),
    description: 'Only tokens for this audience; unset: for any',
    optional: true,
  },
  JWT_CLOCK_TOLERANCE_MS: {
    ...milliseconds(0),
    description: 'How far the clock of who issues tokens may be off',
    default: '5000',
  },
  TLS_CERT_FILE: {
    ...text(/\S/, 'a file that holds a certificate chain in PEM'),
    description: 'Serve TLS (wss, https) with this certificate; read again when it changes',
    optional: true,
  },
  TLS_KEY_FILE: {
    ...text(/\S/, "a file that holds the certificate's private key in PEM"),
    description: "The certificate's private key; read again when it changes",
    optional: true,
  },
  ALLOWED_ORIGINS: {
    ...list(
      ORIGIN,
      '*, origins such as https://chat.example.org, subdomains as in `*.example.org` or `https://*.example.org:8443`; separated by commas',
    ),
    description: 'Web pages that may connect, by `Origin`',
    default: '*',
  },
  AUTH_TIMEOUT_MS: {
    ...milliseconds(1),
    description: 'A connection that has not registered by then is closed with 4002',
    default: '10000',
  },
} as const satisfies Record<string, Variable>;
