// The line format of the `decide` example, as the SDK's side needs it.
import { readFileSync } from 'node:fs';

/** The lines of a file ('-' is standard input), the defaults merged in, `opts` one level down. */
export function readLines(file) {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  const lines = text.split('\n').filter((line) => line.trim()).map((line) => JSON.parse(line));
  const { defaults = {} } = lines[0] ?? {};
  if (lines[0]?.defaults) lines.shift();
  return lines.map((line) => ({ ...defaults, ...line, opts: { ...defaults.opts, ...line.opts } }));
}

/** A header field's value as Node's parser hands it over: white space around it removed. */
const field = (value) => value.replace(/^[ \t]+|[ \t]+$/g, '');

/** The headers of the request, as Node hands them over: several Cookie fields joined by '; '. */
export function headersOf(line) {
  const cookies = [];
  if (line.cookie_header !== undefined) cookies.push(line.cookie_header);
  if (line.cookie_header_b64 !== undefined) cookies.push(Buffer.from(line.cookie_header_b64, 'base64').toString('latin1'));
  cookies.push(...(line.cookie_headers ?? []));
  const authorization = line.authorization ?? (line.token === undefined ? undefined : `Bearer ${line.token}`);
  const headers = {};
  if (cookies.length > 0) headers.cookie = cookies.map(field).join('; ');
  if (authorization !== undefined) headers.authorization = field(authorization);
  for (const name of ['anti-csrf', 'rid']) {
    if (line.headers?.[name] !== undefined) headers[name] = field(line.headers[name]);
  }
  return headers;
}

/** What the issuer answers when asked for its keys; no body: it does not answer. */
export function jwksOf(line) {
  const status = line.jwks_status ?? 200;
  if (line.jwks_error !== undefined) return { status };
  if (line.jwks_b64 !== undefined) return { status, body: Buffer.from(line.jwks_b64, 'base64') };
  if (typeof line.jwks === 'string') return { status, body: Buffer.from(line.jwks, 'utf8') };
  return { status, body: line.jwks === undefined ? undefined : Buffer.from(JSON.stringify(line.jwks)) };
}

/** The line's time, floored to the millisecond; a double holds 1750000000.001 only nearly. */
export const millisOf = (line) => Math.floor(Number((line.now * 1000).toFixed(3)));
