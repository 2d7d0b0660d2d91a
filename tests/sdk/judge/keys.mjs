// Signs with the keys of tests/data, which were made for the tests and guard nothing.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const data = (name) => readFileSync(new URL(`../../data/${name}`, import.meta.url));
export const base64url = (text) => Buffer.from(text).toString('base64url');

class Signer {
  constructor(kid, file) {
    this.kid = kid;
    this.key = createPrivateKey({ key: data(file), format: 'der', type: 'pkcs8' });
    const { n, e } = createPublicKey(this.key).export({ format: 'jwk' });
    this.jwk = { kty: 'RSA', kid, n, e, alg: 'RS256', use: 'sig' };
  }

  header(members = {}) {
    return { kid: this.kid, typ: 'JWT', version: '5', alg: 'RS256', ...members };
  }

  /** A token of a header and a payload, objects or texts; RS256 gives the same text each time. */
  token(header, payload) {
    const parts = [header, payload].map((part) => base64url(typeof part === 'string' ? part : JSON.stringify(part)));
    return this.sign(parts.join('.'));
  }

  sign(message) {
    return `${message}.${sign('sha256', Buffer.from(message), this.key).toString('base64url')}`;
  }
}

export const dynamic = new Signer('d-1749990000000', 'dynamic.pk8');
export const statik = new Signer('s-2de612a5-1c1f-4a3e-9f0e-2c1d2b3a4f5e', 'static.pk8');
/** An attacker's key under the name of the issuer's. */
export const other = new Signer('d-1749990000000', 'other.pk8');
/** A key of a kind that the core does not use. */
export const edKey = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]), format: 'der', type: 'pkcs8' });
export const edJwk = createPublicKey(edKey).export({ format: 'jwk' });
export const jwks = JSON.parse(data('jwks.json').toString());

/** The time of the test data. */
export const NOW = 1750000000;
export const PAYLOAD = {
  iat: NOW - 60,
  exp: NOW + 3540,
  sub: 'user-1',
  tId: 'public',
  rsub: 'recipe-1',
  sessionHandle: 'handle-1',
  refreshTokenHash1: 'h',
  parentRefreshTokenHash1: null,
  antiCsrfToken: null,
};
