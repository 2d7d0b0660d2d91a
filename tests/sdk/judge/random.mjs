// random.mjs SEED COUNT: prints so many requests, the same for the same seed but for signatures
// that are themselves random (PSS, ECDSA).
import { constants, createECDH, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { NOW, PAYLOAD, base64url, dynamic, edJwk, edKey, jwks, other, statik } from './keys.mjs';

const [seed = 1, count = 20000] = process.argv.slice(2).map(Number);

// sfc32: small, and good enough to choose with.
let [a, b, c, d] = [seed >>> 0, 0x9e3779b9, 0x243f6a88, 1];
function next() {
  const t = (((a + b) | 0) + d) | 0;
  d = (d + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = (c << 21) | (c >>> 11);
  c = (c + t) | 0;
  return t >>> 0;
}
for (let i = 0; i < 20; i += 1) next();
const below = (n) => next() % n;
/** Two or three things in any order. */
const shuffled = (list) => {
  const rest = [...list];
  return list.map(() => rest.splice(below(rest.length), 1)[0]);
};
const chance = (percent) => below(100) < percent;
const one = (list) => list[below(list.length)];
/** One of [weight, value] pairs. */
function weighted(pairs) {
  let left = below(pairs.reduce((sum, [weight]) => sum + weight, 0));
  return pairs.find(([weight]) => (left -= weight) < 0)[1];
}

// Keys of other kinds, from numbers as good as any.
const ec = createECDH('prime256v1');
ec.setPrivateKey(Buffer.alloc(32, 7));
const point = ec.getPublicKey();
const ecJwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
const ecKey = createPrivateKey({ key: { ...ecJwk, d: Buffer.alloc(32, 7).toString('base64url') }, format: 'jwk' });
const pem = createPublicKey(dynamic.key).export({ format: 'pem', type: 'spki' });

/** A signature by any algorithm; by the RSA key where the algorithm is none. */
function signature(alg, message, signer) {
  const bytes = Buffer.from(message);
  const hash = `sha${/\d+$/.exec(alg ?? '')?.[0] ?? 256}`;
  if (/^PS(256|384|512)$/.test(alg)) return sign(hash, bytes, { key: signer.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
  if (alg === 'ES256') return sign('sha256', bytes, { key: ecKey, dsaEncoding: 'ieee-p1363' });
  if (alg === 'EdDSA') return sign(null, bytes, edKey);
  if (alg === 'HS256') return createHmac('sha256', pem).update(bytes).digest();
  if (alg === 'none') return Buffer.alloc(0);
  return sign(/^RS(384|512)$/.test(alg) ? hash : 'sha256', bytes, signer.key);
}

/** A JSON object of members that are texts already, so that it can be any text. */
class Members {
  constructor(object) {
    this.list = Object.entries(object).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);
  }
  set(name, json) {
    this.list = this.list.filter(([own]) => own !== JSON.stringify(name));
    if (json !== undefined) this.list.push([JSON.stringify(name), json]);
  }
  toString() {
    return `{${this.list.map(([name, value]) => `${name}:${value}`).join(',')}}`;
  }
}

const RS = ['RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'HS256', 'none'];
const junk = () => one([undefined, 'null', '7', '""', '{}', '[]', 'true', '"x"', '" x "']);

/** Changes of a token: each has its number of chances. */
const CHANGES = [
  // The header.
  [4, ['kid', (t) => t.header.set('kid', one([undefined, 'null', '7', '""', '"d-1"', '"d-"', '"D-1749990000000"', '"d-1749990000000 "', '"2de612a5"', '{}', '[]']))]],
  [3, ['typ', (t) => t.header.set('typ', one([undefined, 'null', '"jwt"', '"at+jwt"', '"JWT "', '""', '7', '"application/jwt"', '"\\u004aWT"']))]],
  [6, ['version', (t) => t.header.set('version', one([undefined, 'null', '"3"', '"4"', '"5"', '"6"', '"5abc"', '5', '""', '"2"', '"1"', '" 5"', '"05"', '"5.0"', '"0x5"', '"-5"', '"99"', '"3e1"', 'true']))]],
  [3, ['alg', (t) => t.header.set('alg', one([undefined, 'null', '"rs256"', '7', '""', '"RS256 "', '["RS256"]', '"none"', '"NONE"']))]],
  [4, ['alg and signature', (t) => { t.alg = one(RS); t.header.set('alg', JSON.stringify(t.alg)); }]],
  [3, ['crit', (t) => t.header.set('crit', one(['null', '[]', '["b64"]', '["exp"]', '["kid"]', '7', '{}', '""', '["x"]']))]],
  [1, ['crit and b64', (t) => { t.header.set('crit', '["b64"]'); t.header.set('b64', one(['true', 'false'])); }]],
  [2, ['b64', (t) => t.header.set('b64', one(['true', 'false', 'null', '7']))]],
  [2, ['header member', (t) => t.header.set(one(['x5c', 'jwk', 'jku', 'cty', 'zip', 'nonce', '__proto__', 'é']), one(['"x"', '{}', '[1,{"a":null}]', 'null', '1e400', '"\\ud83d\\ude00"', '"\\ud800"']))]],
  [2, ['header repeats', (t) => t.header.list.push(one([['"alg"', '"RS256"'], ['"alg"', '"none"'], ['"kid"', '"d-1"'], ['"x"', '1'], ['"\\u006bid"', '"d-1749990000000"'], ['"version"', '"3"']])) && t.header.list.push(['"x"', '2'])]],
  [3, ['header text', (t) => { t.headerText = one([(h) => ` ${h}`, (h) => `${h}\n`, (h) => `\ufeff${h}`, (h) => `[${h}]`, (h) => `${h}x`, (h) => h.slice(0, -1), () => '', () => 'null', () => '"x"', () => '7', (h) => h.replace(':', ' : '), (h) => h.replace('}', ',}'), (h) => Buffer.concat([Buffer.from(h.replace('}', ',"x":"')), Buffer.from([0xff]), Buffer.from('"}')])]); }]],
  [2, ['header spelling', (t) => { t.headerSpelling = one(SPELLINGS); }]],
  [1, ['header size', (t) => t.header.set('x', one([`"${'x'.repeat(one([600, 660, 700, 800]))}"`, `${'['.repeat(one([14, 15, 16, 20]))}`, `{${Array.from({ length: one([60, 63, 64, 70]) }, (_, i) => `"${i}":0`).join(',')}}`].map((text) => text + ']'.repeat([...text].filter((c) => c === '[').length))))]],
  // The payload.
  [10, ['text member', (t) => t.payload.set(one(['sub', 'tId', 'rsub', 'sessionHandle', 'refreshTokenHash1']), one([junk(), '"user-2"']))]],
  [3, ['tId', (t) => { if (chance(60)) t.header.set('version', '"4"'); t.payload.set('tId', junk()); }]],
  [8, ['exp', (t) => t.payload.set('exp', one([junk(), '0', '-1', '-0', '1e300', '1e400', '9007199254740993', '9223372036854775', '9223372036854776', '9223372036854775807', '18446744073709551', '18446744073709552', `${NOW}`, `"${NOW + 60}"`, `${NOW}.001`, `${NOW}.5`, `${NOW}.0005`, `${NOW + 1}`, `${NOW - 1}`, `${NOW - 1}.999`, `${NOW + 1}e0`, '1.750003540e9']))]],
  [4, ['iat', (t) => t.payload.set('iat', one([junk(), '0', '-1', '1e300', '1e400', `${NOW + 9}`, `${NOW}.5`]))]],
  [6, ['nbf', (t) => t.payload.set('nbf', one([junk(), '0', '-1', '1e300', `${NOW}`, `${NOW + 1}`, `${NOW}.001`, `${NOW}.5`, `${NOW - 1}`, `"${NOW}"`]))]],
  [3, ['stt', (t) => t.payload.set('stt', one(['0', '-0', '0.0', '0e5', '1', '2', 'null', '"0"', 'false', '[]', '0.5']))]],
  [5, ['parent hash', (t) => t.payload.set('parentRefreshTokenHash1', one([junk(), '"h"', '" "']))]],
  [4, ['anti-CSRF', (t) => t.payload.set('antiCsrfToken', one([junk(), '"a"', '" a "']))]],
  [3, ['claim', (t) => t.payload.set(one(['aud', 'iss', 'jti', 'st-x', '__proto__', 'constructor', 'é', '']), one(['"x"', '{"v":{"v":[]}}', '1e400', '-1e400', '"\\ud800"', '"\\ud83d\\ude00"', '12345678901234567890', '0.1', 'null', '["a"]']))]],
  [3, ['payload repeats', (t) => t.payload.list.push(one([['"exp"', `${NOW - 5}`], ['"exp"', `${NOW + 5}`], ['"sub"', '"user-2"'], ['"stt"', '0'], ['"\\u0073ub"', '"user-1"'], ['"x"', '{"a":1,"a":1}']])) && chance(30) && t.payload.list.push(['"stt"', '0'])]],
  [3, ['payload text', (t) => { t.payloadText = one([(p) => ` ${p}`, (p) => `${p}\n`, (p) => `\ufeff${p}`, (p) => `[${p}]`, (p) => `${p}x`, (p) => p.slice(0, -1), () => '', () => 'null', () => '"x"', () => '{}', (p) => p.replace(':', ' : '), (p) => p.replace('}', ',}'), (p) => Buffer.concat([Buffer.from(p.replace(/}$/, ',"x":"')), Buffer.from(one([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]])), Buffer.from('"}')])]); }]],
  [1, ['payload size', (t) => t.payload.set('x', one([`"${'x'.repeat(one([5000, 6000, 7000]))}"`, '['.repeat(one([62, 63, 64, 65, 70])), `{${Array.from({ length: one([250, 256, 257, 300]) }, (_, i) => `"${i}":0`).join(',')}}`, `"${':'.repeat(one([500, 530, 560]))}"`].map((text) => text + ']'.repeat([...text].filter((c) => c === '[').length))))]],
  [2, ['payload spelling', (t) => { t.payloadSpelling = one(SPELLINGS); }]],
  // The signature, after it is made.
  [4, ['other key', (t) => { t.signer = other; }]],
  [3, ['other kind', (t) => { t.signer = statik; if (chance(80)) t.header.set('kid', JSON.stringify(statik.kid)); }]],
  [4, ['signature bytes', (t) => { t.bytes = one([(s) => flip(s), (s) => s.subarray(1), (s) => s.subarray(0, -1), () => Buffer.alloc(0), (s) => Buffer.concat([s, Buffer.from([0])]), (s) => Buffer.concat([Buffer.from([0]), s]), () => Buffer.alloc(256), () => Buffer.alloc(256, 255)]); }]],
  [5, ['signature spelling', (t) => { t.signatureSpelling = one(SPELLINGS); }]],
  // The whole.
  [3, ['segments', (t) => { t.whole = one([(w) => `${w}.`, (w) => `.${w}`, (w) => w.split('.').slice(0, 2).join('.'), (w) => `${w}.a.b`, (w) => w.replace('.', '..'), (w) => w.replaceAll('.', ''), () => 'undefined', () => '..', () => '.', () => 'a.b.c']); }]],
  [2, ['body changed', (t) => { t.whole = (w) => { const p = w.split('.'); p[1] = base64url(Buffer.from(p[1], 'base64url').toString().replace('user-1', 'user-9')); return p.join('.'); }; }]],
  [2, ['legacy', (t) => { t.legacy = one(['1', '2', '2', '2']); }]],
];

function flip(bytes) {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[below(copy.length)] ^= 1 << below(8);
  return copy;
}

/** Other spellings of a base64url text. */
const SPELLINGS = [
  (s) => s + '='.repeat((4 - (s.length % 4)) % 4),
  (s) => `${s}=`,
  (s) => s.replaceAll('-', '+').replaceAll('_', '/'),
  (s) => s.slice(0, -1) + stray(s.at(-1), s.length % 4),
  (s) => `${s}A`,
  (s) => s.slice(0, -1),
  (s) => `${s.slice(0, 9)}*${s.slice(9)}`,
  (s) => `${s.slice(0, 9)}%20${s.slice(9)}`,
];
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The last character with other unused bits. */
function stray(last, rest) {
  return last === undefined ? '' : ALPHABET[ALPHABET.indexOf(last) ^ (rest === 0 ? 0 : 1)];
}

function legacyToken(version, now, signer) {
  const standard = (text) => Buffer.from(text).toString('base64');
  const header = standard(`{"alg":"RS256","typ":"JWT","version":"${version}"}`);
  const payload = { userId: 'user-1', expiryTime: (now + 3540) * 1000, timeCreated: (now - 60) * 1000, sessionHandle: 'handle-1', refreshTokenHash1: 'h', userData: {} };
  if (chance(20)) payload.expiryTime = (now - 1) * 1000;
  if (chance(10)) delete payload.userData;
  const message = `${header}.${standard(JSON.stringify(payload))}`;
  const text = `${message}.${sign('sha256', Buffer.from(message), signer.key).toString('base64')}`;
  return chance(50) ? encodeURIComponent(text) : text;
}

const CLAIMS = ['true', 'false', 'null', '0', '1', '"x"', '"y"', '""', '[]', '["x"]', '["x","y"]', '["y","z"]', '[1,"x",null]', '{}', '"xyz"', '1e21', '0.1', '[["x"]]'];
function claimOf() {
  const v = chance(92) ? `"v":${one(CLAIMS)}` : undefined;
  const t = weighted([[8, `"t":${(NOW - 60) * 1000}`], [1, `"t":${NOW * 1000}`], [2, undefined], [1, `"t":${(NOW + 9) * 1000}`], [1, `"t":${one(['null', '"x"', '1.5', '{}', 'true', '[1]', '""', '"1749999990000"'])}`]]);
  return weighted([[12, `{${[v, t].filter(Boolean).join(',')}}`], [1, one(['null', '7', '"x"', '[]', 'true', '{}'])]]);
}
function validatorOf(keys) {
  const kind = one(['boolean', 'primitive', 'primitive', 'includes', 'excludes', 'includesAll', 'includesAny', 'excludesAll']);
  const value = kind === 'boolean' ? chance(70) : /A/.test(kind) ? one([[], ['x'], ['x', 'y'], ['y'], [1], [null, 'x']]) : one(['x', 'x', 'y', 1, 0, true, null, '', 0.1]);
  const validator = { kind, key: one(keys), value };
  if (chance(40)) validator.maxAgeInSeconds = one([0, 10, 59, 60, 61, 60.5, 3600]);
  return validator;
}

/** One token and what was done to it. */
function makeToken(now, claims, notes) {
  const t = { header: new Members(dynamic.header()), payload: new Members({ ...PAYLOAD, iat: NOW - 60, exp: NOW + 3540 }), signer: dynamic };
  if (chance(30)) t.payload.set('antiCsrfToken', '"a"');
  for (const key of claims) if (chance(85)) t.payload.set(key, claimOf());
  const changes = weighted([[30, 0], [58, 1], [12, 2]]);
  for (let i = 0; i < changes; i += 1) {
    const [name, change] = weighted(CHANGES);
    notes.push(name);
    change(t);
  }
  if (t.legacy) return legacyToken(t.legacy, NOW, t.signer);
  const text = (members, change) => Buffer.from(change ? change(members.toString()) : members.toString()).toString('base64url');
  const spell = (s, spelling) => (spelling ? spelling(s) : s);
  const message = `${spell(text(t.header, t.headerText), t.headerSpelling)}.${spell(text(t.payload, t.payloadText), t.payloadSpelling)}`;
  const bytes = signature(t.alg, message, t.signer);
  const whole = `${message}.${spell((t.bytes ? t.bytes(bytes) : bytes).toString('base64url'), t.signatureSpelling)}`;
  return t.whole ? t.whole(whole) : whole;
}

const NEIGHBOURS = ['theme=dark', 'a=b=c', 'sFrontToken=eyJ1aWQiOiJ4In0=', 'x', '=y', '', ' ', 'bad=%zz', 'q="a b"', 'é=ÿ', 'sRefreshToken=r', 'saccesstoken=x', 'sAccessTokenX=1', 'XsAccessToken=1', 'j=j:{"a":1}', '__proto__=x'];
function cookieField(parts) {
  const list = [...parts];
  if (chance(1)) list.unshift(...Array(one([170, 178, 179, 180, 181, 200])).fill('a=b'));
  for (let i = below(4); i > 0; i -= 1) list.splice(below(list.length + 1), 0, one(NEIGHBOURS));
  return list.join(weighted([[12, '; '], [1, ';'], [1, ' ;\t'], [1, ';;  ']]));
}
const cookiePart = (token) => weighted([
  [40, `sAccessToken=${token}`], [2, `sAccessToken="${token}"`], [1, ` sAccessToken = ${token} `], [1, `sAccessToken=${token}"`],
  [2, `sAccessToken=${token.replaceAll('.', '%2E')}`], [1, `sAccessToken=j:${JSON.stringify(token)}`], [1, `s%41ccessToken=${token}`],
  [1, `sAccessToken=" ${token}"`], [1, `sAccessToken='${token}'`], [1, `sAccessToken=%20${token}`], [1, `saccesstoken=${token}`], [1, `sAccessToken:${token}`], [1, `sAccessToken=\t${token}`],
]);
const bearerOf = (token) => weighted([[40, `Bearer ${token}`], [2, `Bearer  ${token}`], [1, `bearer ${token}`], [1, `Bearer ${token} `], [1, `Bearer\t${token}`], [1, token], [1, 'Bearer '], [1, 'Basic eDp5'], [1, `Bearer \u00a0${token}`], [1, `Bearer ${token}, x`]]);

function place(line, make) {
  const where = weighted([[46, 'cookie'], [20, 'bearer'], [4, 'same'], [9, 'both'], [7, 'twice'], [3, 'fields'], [3, 'header mode'], [2, 'legacy cookie'], [2, 'bare'], [3, 'none']]);
  if (where === 'cookie') line.cookie_header = cookieField([cookiePart(make())]);
  if (where === 'bearer') line.authorization = bearerOf(make());
  if (where === 'bearer' && chance(30)) line.cookie_header = cookieField([]);
  if (where === 'same') {
    const token = make();
    Object.assign(line, { cookie_header: cookieField([cookiePart(token)]), authorization: bearerOf(token) });
  }
  if (where === 'both') Object.assign(line, { cookie_header: cookieField([cookiePart(make())]), authorization: bearerOf(make()) });
  if (where === 'twice') line.cookie_header = cookieField(shuffled([cookiePart(make()), chance(50) ? one(['sAccessToken=', 'sAccessToken=x', 'sAccessToken', 's%41ccessToken=x', 'sAccessToken=""']) : cookiePart(make())]));
  if (where === 'twice' && chance(20)) line.authorization = bearerOf(make());
  if (where === 'fields') line.cookie_headers = [cookieField([]), cookieField([cookiePart(make())]), ...(chance(20) ? [cookiePart(make())] : [])];
  if (where === 'header mode') line.cookie_header = cookieField([`st-access-token=${make()}`, ...(chance(40) ? [cookiePart(make())] : [])]);
  if (where === 'legacy cookie') {
    line.cookie_header = cookieField([one(['sIdRefreshToken=x', 'sIdRefreshToken=', 'sIdRefreshToken', 'sidrefreshtoken=x', 'sIdRefreshToken=j:0', 's%49dRefreshToken=x']), ...(chance(70) ? [cookiePart(make())] : [])]);
    if (chance(20)) line.authorization = bearerOf(make());
  }
  if (where === 'bare') line.token = make();
  if (where === 'none' && chance(50)) line.cookie_header = cookieField([]);
  return where;
}

const shortNumber = Buffer.from(dynamic.jwk.n, 'base64url').subarray(0, 128);
const changed = (members) => ({ keys: [{ ...dynamic.jwk, ...members }, statik.jwk] });
const without = (name) => {
  const { [name]: _, ...rest } = dynamic.jwk;
  return { keys: [rest, statik.jwk] };
};
const JWKS = [
  [3, ['missing', () => ({ jwks: { keys: [statik.jwk] } })]],
  [3, ['only', () => ({ jwks: { keys: [dynamic.jwk] } })]],
  [3, ['more', () => ({ jwks: { keys: [{ ...other.jwk, kid: one(['d-1', 'x', 'd-2']) }, ...jwks.keys].reverse() } })]],
  [3, ['one kid twice', () => ({ jwks: { keys: shuffled([dynamic.jwk, other.jwk, statik.jwk]) } })]],
  [1, ['a key twice', () => ({ jwks: { keys: [dynamic.jwk, dynamic.jwk, statik.jwk] } })]],
  [2, ['weak beside', () => ({ jwks: { keys: [{ ...dynamic.jwk, kid: 'd-1', n: shortNumber.toString('base64url') }, ...jwks.keys] } })]],
  [2, ['weak', () => ({ jwks: changed({ n: shortNumber.toString('base64url') }) })]],
  [4, ['member', () => ({ jwks: changed(one([{ use: 'enc' }, { use: null }, { use: 'SIG' }, { use: 7 }, { alg: 'PS256' }, { alg: 'RS512' }, { alg: 'ES256' }, { alg: null }, { alg: 7 }, { alg: '' }, { key_ops: ['verify'] }, { key_ops: ['sign'] }, { key_ops: [] }, { key_ops: null }, { key_ops: 'verify' }, { ext: false }, { kty: 'rsa' }, { kty: 'EC' }, { kty: null }, { kid: null }, { kid: 7 }, { kid: '' }, { e: 'AAEAAQ' }, { e: 'AQ' }, { e: 'Ag' }, { e: 7 }, { e: '' }, { n: '' }, { n: 7 }, { d: 'AQAB' }, { n: `${dynamic.jwk.n}==` }, { n: `${dynamic.jwk.n.slice(0, 9)}*${dynamic.jwk.n.slice(9)}` }, { n: `${dynamic.jwk.n.slice(0, 9)} ${dynamic.jwk.n.slice(9)}` }, { x5c: ['x'] }])) })]],
  [3, ['member missing', () => ({ jwks: without(one(['use', 'alg', 'kid', 'kty', 'n', 'e'])) })]],
  [2, ['other kinds', () => ({ jwks: { keys: [{ ...ecJwk, kid: 'd-1' }, { ...edJwk, kid: one(['d-2', dynamic.kid]) }, { kty: 'oct', k: 'AQAB', kid: 'd-3' }, { kty: 'new', kid: 'd-4' }, ...jwks.keys] } })]],
  [2, ['not objects', () => ({ jwks: { keys: [one([null, 'x', 7, [], true]), ...jwks.keys] } })]],
  [2, ['own kind', () => ({ jwks: { keys: [{ ...one([ecJwk, edJwk]), kid: dynamic.kid }, statik.jwk] } })]],
  [2, ['no alg', () => ({ jwks: without('alg') })]],
  [3, ['status', () => ({ jwks_status: one([500, 404, 201, 204, 304, 302, 429, 503]) })]],
  [1, ['no answer', () => ({ jwks_error: 'connection refused' })]],
  [3, ['document', () => ({ jwks: one(['', '{}', '[]', 'null', '<html>', '{"keys":[]}', '{"keys":{}}', '{"keys":null}', `[${JSON.stringify(jwks)}]`, `${JSON.stringify(jwks)} x`, `${JSON.stringify(jwks)}\n`, `\ufeff${JSON.stringify(jwks)}`, `{"keys":[],${JSON.stringify(jwks).slice(1)}`, `${JSON.stringify(jwks).slice(0, -1)},"x":1e400}`, JSON.stringify(jwks).replace('"kty"', '"kty":"RSA","kty"'), JSON.stringify(jwks).replace('"e":', '"e":"AQ","e":')]) })]],
];

function makeLine(id) {
  const notes = [];
  const line = { id: `${seed}-${id}` };
  const opts = {};
  const millis = chance(25) ? below(1000) : 0;
  const now = NOW + weighted([[20, 0], [1, 1], [1, -1], [1, 3540], [1, 3539], [1, 5000]]);
  if (millis !== 0 || now !== NOW) line.now = Number(`${now}.${String(millis).padStart(3, '0')}`);
  const keys = chance(22) ? ['p', 'q', 'r'].slice(0, 1 + below(3)) : [];
  const where = place(line, () => makeToken(now, keys, notes));
  if (keys.length > 0) opts.claims = Array.from({ length: below(4) + 1 }, () => validatorOf([...keys, 'p']));
  if (chance(45)) line.method = weighted([[3, 'GET'], [4, 'POST'], [1, 'HEAD'], [1, 'PUT'], [1, 'DELETE'], [1, 'OPTIONS'], [1, 'TRACE'], [1, one(['get', 'post', 'options', 'Trace', 'PATCH', 'CONNECT', 'QUERY'])]]);
  if (chance(30)) opts.antiCsrf = one(['VIA_TOKEN', 'VIA_CUSTOM_HEADER', 'NONE']);
  if (chance(12)) opts.antiCsrfCheck = chance(60);
  if (chance(25)) line.headers = one([{ rid: 'session' }, { rid: '' }, { 'anti-csrf': 'a' }, { 'anti-csrf': 'a' }, { 'anti-csrf': '' }, { 'anti-csrf': 'b', rid: 'x' }, {}]);
  if (chance(10)) opts.checkDatabase = chance(80);
  if (chance(15)) opts.sessionRequired = chance(20);
  if (chance(15)) opts.transfer = one(['any', 'cookie', 'header']);
  if (chance(8)) opts.useDynamicAccessTokenSigningKey = chance(30);
  if (chance(15)) {
    const [name, make] = weighted(JWKS);
    notes.push(`keys: ${name}`);
    Object.assign(line, make());
  }
  if (Object.keys(opts).length > 0) line.opts = opts;
  line.note = [where, ...notes].join(', ');
  return JSON.stringify(line);
}

const lines = [JSON.stringify({ defaults: { now: NOW, jwks } })];
for (let id = 0; id < count; id += 1) {
  lines.push(makeLine(id));
  if (lines.length === 500) process.stdout.write(`${lines.splice(0).join('\n')}\n`);
}
if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
