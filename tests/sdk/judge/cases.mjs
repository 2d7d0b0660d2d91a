// cases.mjs: prints tests/sdk/cases.jsonl, the same each time.
import { sign } from 'node:crypto';
import { NOW, PAYLOAD, base64url, dynamic, edJwk, edKey, jwks, other, statik } from './keys.mjs';

const lines = [];
const ids = new Set();
function add(id, note, members) {
  if (ids.has(id)) throw new Error(`two cases are named ${id}`);
  ids.add(id);
  lines.push({ id, note, ...members });
}

/** A token whose payload has these members too; `undefined` takes one away. */
const token = (members = {}, signer = dynamic) => signer.token(signer.header(), { ...PAYLOAD, ...members });
const cookie = (text) => ({ cookie_header: `sAccessToken=${text}` });
const bearer = (text) => ({ authorization: `Bearer ${text}` });
const good = token();
const second = token({ sub: 'user-2', rsub: 'recipe-2', sessionHandle: 'handle-2' });
const expired = token({ exp: NOW - 1 });
const forged = token({}, other);
const rid = { headers: { rid: 'session' } };
const sent = (value) => ({ headers: { 'anti-csrf': value } });
const name = (value) => (value === undefined ? 'absent' : JSON.stringify(value));

/** A base64url text with a bit more in its last character than a decoder looks at. */
function stray(text) {
  const padded = text.padEnd(Math.ceil(text.length / 3) * 3 + 1, ' ');
  const spelled = base64url(padded);
  return `${spelled.slice(0, -1)}${String.fromCharCode(spelled.charCodeAt(spelled.length - 1) + 1)}`;
}

// Anti-CSRF: which methods are checked, in which mode.
for (const method of ['GET', 'get', 'HEAD', 'POST', 'post', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'Options', 'TRACE', 'QUERY']) {
  for (const antiCsrf of ['VIA_CUSTOM_HEADER', 'VIA_TOKEN']) {
    add(`csrf-${antiCsrf}-${method}`, 'no header of either kind', { method, opts: { antiCsrf }, ...cookie(good) });
  }
}
for (const method of ['HEAD', 'POST', 'OPTIONS']) {
  add(`csrf-none-${method}`, 'nothing is checked', { method, opts: { antiCsrf: 'NONE' }, ...cookie(good) });
}
for (const antiCsrf of ['VIA_CUSTOM_HEADER', 'VIA_TOKEN']) {
  const mode = antiCsrf.slice(4);
  for (const [method, antiCsrfCheck] of [['GET', true], ['POST', false], ['POST', true], ['OPTIONS', true]]) {
    const opts = { antiCsrf, antiCsrfCheck };
    add(`csrf-${mode}-${method}-check-${antiCsrfCheck}`, 'antiCsrfCheck beats the method', { method, opts, ...cookie(good) });
  }
  const post = { method: 'POST', opts: { antiCsrf } };
  add(`csrf-${mode}-bearer`, 'a bearer token needs none', { ...post, ...bearer(good) });
  add(`csrf-${mode}-bearer-check-true`, 'nor where it is asked for', { method: 'POST', opts: { antiCsrf, antiCsrfCheck: true }, ...bearer(good) });
  add(`csrf-${mode}-no-token`, 'nothing to check without a token', { ...post });
  add(`csrf-${mode}-malformed`, 'nor with a malformed one', { ...post, ...cookie('a.b.c') });
  add(`csrf-${mode}-expired`, 'which of two refusals', { ...post, ...cookie(expired) });
  add(`csrf-${mode}-static`, 'which of two refusals', { ...post, ...cookie(token({}, statik)) });
  add(`csrf-${mode}-optional`, 'an optional session does not spare the check', { method: 'POST', opts: { antiCsrf, sessionRequired: false }, ...cookie(good) });
  add(`csrf-${mode}-optional-no-token`, 'but there is nothing to check here', { method: 'POST', opts: { antiCsrf, sessionRequired: false } });
  add(`csrf-${mode}-both-headers`, 'either header, whatever the mode', { ...post, headers: { rid: 'x', 'anti-csrf': 'a' }, ...cookie(token({ antiCsrfToken: 'a' })) });
}
add('csrf-none-check-true', 'no mode, so no check', { method: 'POST', opts: { antiCsrf: 'NONE', antiCsrfCheck: true }, ...cookie(good) });
for (const value of ['session', 'anti-csrf', '', ' ', 'anything']) {
  add(`rid-${name(value)}`, 'any value will do', { method: 'POST', opts: { antiCsrf: 'VIA_CUSTOM_HEADER' }, headers: { rid: value }, ...cookie(good) });
}
add('rid-instead', 'rid where the token is wanted', { method: 'POST', opts: { antiCsrf: 'VIA_TOKEN' }, ...rid, ...cookie(good) });
add('anti-csrf-instead', 'the token where rid is wanted', { method: 'POST', opts: { antiCsrf: 'VIA_CUSTOM_HEADER' }, ...sent('a'), ...cookie(good) });
for (const own of [undefined, null, '', 'a', ' a ', ' ', 7]) {
  const text = token({ antiCsrfToken: own });
  for (const value of [undefined, '', 'a', 'A']) {
    add(`csrf-token-${name(own)}-sent-${name(value)}`, 'the token has the one, the request the other', {
      method: 'POST', opts: { antiCsrf: 'VIA_TOKEN' }, ...(value === undefined ? {} : sent(value)), ...cookie(text),
    });
  }
}

// Asking the core.
const database = { opts: { checkDatabase: true } };
add('database', 'the core is asked', { ...database, ...cookie(good) });
add('database-false', 'the core is not asked', { opts: { checkDatabase: false }, ...cookie(good) });
add('database-bearer', 'for a bearer token too', { ...database, ...bearer(good) });
add('database-post', 'no mode', { ...database, method: 'POST', ...sent('a'), ...cookie(good) });
for (const antiCsrf of ['VIA_TOKEN', 'VIA_CUSTOM_HEADER']) {
  const opts = { antiCsrf, checkDatabase: true };
  add(`database-${antiCsrf}`, 'what the core is told of anti-CSRF', { method: 'POST', opts, headers: { rid: 'x', 'anti-csrf': 'a' }, ...cookie(token({ antiCsrfToken: 'a' })) });
  add(`database-${antiCsrf}-get`, 'of a GET', { opts, ...cookie(good) });
  add(`database-${antiCsrf}-bearer`, 'of a bearer token', { method: 'POST', opts, ...sent('a'), ...bearer(good) });
}
add('database-anti-csrf-empty', 'an empty token sent', { ...database, ...sent(''), ...cookie(good) });
add('database-expired', 'expired all the same', { ...database, ...cookie(expired) });
add('database-static', 'of the other kind all the same', { ...database, ...cookie(token({}, statik)) });
add('database-no-token', 'there is nothing to ask about', { ...database });
add('database-optional', 'nor where the session is optional', { opts: { checkDatabase: true, sessionRequired: false } });
add('database-optional-token', 'an optional session is asked about', { opts: { checkDatabase: true, sessionRequired: false }, ...cookie(good) });
add('database-claims', 'claims come after the core', { opts: { checkDatabase: true, claims: [{ kind: 'boolean', key: 'st-ev', value: true }] }, ...cookie(good) });
for (const hash of [undefined, '', ' ', 'h', 7, true, {}, []]) {
  add(`parent-${name(hash)}`, 'parentRefreshTokenHash1', cookie(token({ parentRefreshTokenHash1: hash })));
}
add('parent-bearer', 'parentRefreshTokenHash1 of a bearer token', bearer(token({ parentRefreshTokenHash1: 'h' })));

// Sessions that are optional.
const optional = { opts: { sessionRequired: false } };
const clean = { note: 'an optional session' };
for (const [id, members] of Object.entries({
  'no-token': {},
  garbage: cookie('garbage'),
  'garbage-bearer': bearer('garbage'),
  good: cookie(good),
  expired: cookie(expired),
  forged: cookie(forged),
  'unknown-key': cookie(dynamic.token(dynamic.header({ kid: 'd-1' }), PAYLOAD)),
  'not-a-session': cookie(token({ sessionHandle: undefined })),
  oauth2: cookie(token({ stt: 1 })),
  twice: { cookie_header: `sAccessToken=${good}; sAccessToken=${good}` },
  'garbage-twice': { cookie_header: 'sAccessToken=a; sAccessToken=b' },
  'legacy-cookie': { cookie_header: 'sIdRefreshToken=x' },
  'legacy-cookie-good': { cookie_header: `sAccessToken=${good}; sIdRefreshToken=x` },
  static: cookie(token({}, statik)),
  outage: { ...cookie(good), jwks_status: 500 },
  options: { ...cookie(expired), method: 'OPTIONS' },
})) add(`optional-${id}`, clean.note, { ...optional, ...members });
add('required', 'said aloud', { opts: { sessionRequired: true } });
add('options-legacy-cookie', 'OPTIONS is not looked at', { method: 'OPTIONS', cookie_header: 'sIdRefreshToken=x' });
add('legacy-cookie-alone', 'no token beside it', { cookie_header: 'sIdRefreshToken=x' });
add('legacy-cookie-empty', 'no value either', { cookie_header: 'sIdRefreshToken=' });
add('legacy-cookie-bearer', 'beside a bearer token', { cookie_header: 'sIdRefreshToken=x', ...bearer(good) });

// Where the token is.
add('cookie-header-mode', 'the cookie of front ends in header mode is no token of an API', { cookie_header: `st-access-token=${good}` });
add('cookie-header-mode-beside', 'beside the one that is', { cookie_header: `st-access-token=${second}; sAccessToken=${good}` });
for (const transfer of ['any', 'cookie', 'header']) {
  const opts = { transfer };
  add(`transfer-${transfer}-bearer`, 'a bearer token', { opts, ...bearer(good) });
  add(`transfer-${transfer}-cookie`, 'a cookie', { opts, ...cookie(good) });
  add(`transfer-${transfer}-both`, 'two users, the second in the cookie', { opts, ...bearer(good), ...cookie(second) });
  add(`transfer-${transfer}-expired-bearer`, 'an expired bearer token beside a good cookie', { opts, ...bearer(expired), ...cookie(good) });
  add(`transfer-${transfer}-malformed-bearer`, 'a malformed bearer token beside a good cookie', { opts, ...bearer('a.b.c'), ...cookie(good) });
  add(`transfer-${transfer}-malformed-cookie`, 'a good bearer token beside a malformed cookie', { opts, ...bearer(good), ...cookie('a.b.c') });
  add(`transfer-${transfer}-twice-bearer`, 'a good bearer token beside two cookies', { opts, ...bearer(good), cookie_header: `sAccessToken=${good}; sAccessToken=${second}` });
  add(`transfer-${transfer}-twice`, 'two cookies', { opts, cookie_header: `sAccessToken=${good}; sAccessToken=${second}` });
  add(`transfer-${transfer}-csrf`, 'anti-CSRF with the token in both places', { method: 'POST', opts: { transfer, antiCsrf: 'VIA_CUSTOM_HEADER' }, ...bearer(good), ...cookie(good) });
}
for (const [id, first, last] of [['good-bad', good, 'a.b.c'], ['bad-good', 'a.b.c', good], ['bad-bad', 'a', 'b'], ['good-empty', good, ''], ['empty-good', '', good], ['empty-empty', '', '']]) {
  add(`twice-${id}`, 'two cookies', { cookie_header: `sAccessToken=${first}; sAccessToken=${last}` });
}
add('twice-escaped-name', 'the second name is percent-encoded', { cookie_header: `sAccessToken=${good}; s%41ccessToken=x` });
add('twice-space', 'white space before the = of the first', { cookie_header: `sAccessToken =${good}; sAccessToken=x` });
add('twice-no-value', 'the second has no =', { cookie_header: `sAccessToken=${good}; sAccessToken` });
for (const [id, authorization] of Object.entries({
  lower: `bearer ${good}`,
  upper: `BEARER ${good}`,
  'two-spaces': `Bearer  ${good}`,
  tab: `Bearer\t${good}`,
  'space-tab': `Bearer \t${good}`,
  'trailing-space': `Bearer ${good} `,
  'no-space': `Bearer${good}`,
  bare: good,
  empty: '',
  'empty-bearer': 'Bearer ',
  basic: 'Basic YTpi',
  twice: `Bearer Bearer ${good}`,
  comma: `Bearer ${good}, Bearer ${good}`,
  quoted: `Bearer "${good}"`,
  'no-break-space': `Bearer ${good}\u00a0`,
})) add(`bearer-${id}`, 'spellings of the field', { authorization });
add('bearer-lower-cookie', 'not a bearer token, and a good cookie', { authorization: `bearer ${good}`, ...cookie(second) });
add('bearer-two-spaces-cookie', 'one, and a good cookie', { authorization: `Bearer  ${good}`, ...cookie(second) });
add('bearer-empty-cookie', 'an empty one, and a good cookie', { authorization: 'Bearer ', ...cookie(second) });
add('token', 'a bare token', { token: good });

// A cookie that is fallen back to is checked as any other.
for (const antiCsrf of ['VIA_TOKEN', 'VIA_CUSTOM_HEADER']) {
  add(`fallback-csrf-${antiCsrf}`, 'a malformed bearer token does not spare the cookie the check', { method: 'POST', opts: { antiCsrf }, ...bearer('a.b.c'), ...cookie(good) });
  add(`fallback-csrf-${antiCsrf}-oauth2`, 'nor does a token of another kind', { method: 'POST', opts: { antiCsrf }, ...bearer(token({ stt: 1 })), ...cookie(good) });
}
// Versions that have less in them.
for (const version of ['3', '4', undefined]) {
  for (const tId of ['tenant-2', undefined]) {
    if (version === '4' && tId === undefined) continue;
    add(`version-${version ?? 'absent'}-${tId ?? 'no'}-tId`, 'whose word tId is', cookie(dynamic.token(dynamic.header({ version }), { ...PAYLOAD, rsub: undefined, tId })));
  }
}
add('expired-outage', 'an expired token is expired, whatever became of the keys', { ...cookie(expired), jwks_status: 500 });
add('expired-unknown-key', 'nor need its key be there', { ...cookie(dynamic.token(dynamic.header(), { ...PAYLOAD, exp: NOW - 1 })), jwks: { keys: [statik.jwk] } });

// The kind of signing key.
for (const useDynamicAccessTokenSigningKey of [true, false]) {
  const opts = { useDynamicAccessTokenSigningKey };
  add(`dynamic-${useDynamicAccessTokenSigningKey}-d`, 'a dynamic key', { opts, ...bearer(good) });
  add(`dynamic-${useDynamicAccessTokenSigningKey}-s`, 'a static key', { opts, ...bearer(token({}, statik)) });
}

// Claims. Seven validators at once where the SDK judges all of them; else one at a time.
const t = (NOW - 60) * 1000;
const kinds = [
  { kind: 'boolean', key: 'b', value: true },
  { kind: 'primitive', key: 'p', value: 'x' },
  { kind: 'includes', key: 'i', value: 'x' },
  { kind: 'excludes', key: 'e', value: 'x' },
  { kind: 'includesAll', key: 'a', value: ['x', 'y'] },
  { kind: 'includesAny', key: 'n', value: ['x', 'y'] },
  { kind: 'excludesAll', key: 'z', value: ['x', 'y'] },
];
const right = { b: true, p: 'x', i: ['x'], e: ['y'], a: ['x', 'y'], n: ['y'], z: ['z'] };
const wrong = { b: false, p: 'y', i: ['y'], e: ['x'], a: ['x'], n: ['z'], z: ['y', 'z'] };
const all = (values, members = { t }) => token(Object.fromEntries(Object.entries(values).map(([key, v]) => [key, { v, ...members }])));
const aged = (maxAgeInSeconds) => ({ opts: { claims: kinds.map((kind) => ({ ...kind, maxAgeInSeconds })) } });
const claims = (...list) => ({ opts: { claims: list } });
add('claims-right', 'every validator holds', { ...claims(...kinds), ...cookie(all(right)) });
add('claims-wrong', 'every validator fails, in their order', { ...claims(...kinds), ...cookie(all(wrong)) });
add('claims-wrong-reversed', 'in their order, not in the token\'s', { ...claims(...kinds.toReversed()), ...cookie(all(wrong)) });
add('claims-missing', 'no such claims', { ...claims(...kinds), ...cookie(good) });
add('claims-v-missing', 'claims without v', { ...claims(...kinds), ...cookie(token(Object.fromEntries(kinds.map(({ key }) => [key, { t }])))) });
add('claims-null', 'claims that are null', { ...claims(...kinds), ...cookie(token(Object.fromEntries(kinds.map(({ key }) => [key, null])))) });
add('claims-not-objects', 'claims that are texts, numbers and lists', { ...claims(...kinds), ...cookie(token({ b: 'x', p: 7, i: ['x'], e: true, a: '', n: [], z: 0 })) });
add('claims-at-max-age', 'exactly as old as allowed', { ...aged(60), ...cookie(all(right)) });
add('claims-older', 'a second older than allowed', { ...aged(59), ...cookie(all(right)) });
add('claims-millisecond', 'a millisecond older than allowed', { now: NOW + 0.001, ...aged(60), ...cookie(all(right)) });
add('claims-older-and-wrong', 'age before value', { ...aged(59), ...cookie(all(wrong)) });
add('claims-zero-age', 'no age is allowed', { ...aged(0), ...cookie(all(right)) });
add('claims-zero-age-now', 'and there is none', { ...aged(0), ...cookie(all(right, { t: NOW * 1000 })) });
add('claims-fraction', 'a fraction of a second, and an age with one', { now: NOW + 0.25, ...aged(0.5), ...cookie(all(right, { t: NOW * 1000 - 300.5 })) });
add('claims-no-t', 'no time', { ...aged(10), ...cookie(all(right, {})) });
add('claims-future-t', 'a time in the future', { ...aged(10), ...cookie(all(right, { t: NOW * 1000 + 999999 })) });
add('claims-no-t-wrong', 'no time and a wrong value', { ...aged(10), ...cookie(all(wrong, {})) });
add('claims-one-wrong', 'one of seven', { ...claims(...kinds), ...cookie(all({ ...right, e: ['x'] })) });
for (const value of [null, '1749999990000', 'x', true, {}, [], [1749999990000], 1e300, -1]) {
  add(`claims-t-${name(value)}`, 'a time of another type', { ...claims({ ...kinds[0], maxAgeInSeconds: 20 }), ...cookie(all({ b: true }, { t: value })) });
}
const odd = [null, true, 0, '', 'x', 'axb', 'xy', [], {}, [null], [['x']], { x: 1 }];
for (const kind of kinds) {
  for (const value of odd) {
    // Booleans and primitives have each type of value below.
    if (['boolean', 'primitive'].includes(kind.kind) && value !== null) continue;
    if (['includesAll', 'includesAny'].includes(kind.kind) && [true, '', {}, 'axb'].includes(value)) continue;
    add(`claims-${kind.kind}-v-${name(value)}`, 'a value of another type', { ...claims(kind), ...cookie(token({ [kind.key]: { v: value, t } })) });
  }
}
const values = [true, false, null, 0, 1, -0.5, 1e21, 'x', '', [], {}];
for (const wanted of [true, false, null, 0, 1, '', '1']) {
  const kind = { kind: typeof wanted === 'boolean' ? 'boolean' : 'primitive', value: wanted };
  const list = values.map((_, at) => ({ ...kind, key: `v${at}` }));
  const payload = Object.fromEntries(values.map((v, at) => [`v${at}`, { v, t }]));
  add(`claims-is-${name(wanted)}`, 'one wanted value, and values of every type', { ...claims(...list), ...cookie(token(payload)) });
}
const mixed = [1, 'x', true, null, 1.5, 'é', '😀'];
for (const kind of ['includes', 'excludes']) {
  const list = [1, 'x', true, null, 1.5, 'é', '😀', false, '1', 0].map((value) => ({ kind, key: 'm', value }));
  add(`claims-${kind}-types`, 'members of every type', { ...claims(...list), ...cookie(token({ m: { v: mixed, t } })) });
}
for (const kind of ['includesAll', 'includesAny', 'excludesAll']) {
  const list = [[], [1], [null, true], [1, 'y'], ['y', 'z']].map((value) => ({ kind, key: 'm', value }));
  add(`claims-${kind}-types`, 'members of every type', { ...claims(...list), ...cookie(token({ m: { v: mixed, t } })) });
}
add('claims-numbers', 'how numbers are written', { ...claims({ kind: 'primitive', key: 'm', value: 2.5 }, { kind: 'primitive', key: 'k', value: 1e21 }), ...cookie(dynamic.token(dynamic.header(), JSON.stringify({ ...PAYLOAD, m: 0, k: 0 }).replace('"m":0,"k":0', '"m":{"v":60.0,"t":1},"k":{"v":1.5E+3,"t":1}'))) });
add('claims-strings', 'how texts are written', { ...claims({ kind: 'primitive', key: 'm', value: 'a"\\/\u0000é😀' }), ...cookie(token({ m: { v: '\u2028\u007f\t\u0001"\\/<', t } })) });
add('claims-order', 'how an object is written', { ...claims({ kind: 'primitive', key: 'm', value: 'x' }), ...cookie(token({ m: { v: { z: 1, a: { y: null, b: [] } }, t } })) });
add('claims-registered', 'a claim of a name that every token has', { ...claims({ kind: 'primitive', key: 'sub', value: 'user-1' }), ...cookie(good) });
add('claims-proto', 'a claim of a name that every object has', { ...claims({ kind: 'primitive', key: 'constructor', value: 'x' }), ...cookie(good) });
add('claims-empty-key', 'a claim without a name', { ...claims({ kind: 'primitive', key: '', value: 'x' }), ...cookie(token({ '': { v: 'x', t } })) });
add('claims-none', 'an empty list', { ...claims(), ...cookie(good) });
add('claims-optional', 'an optional session has to hold too', { opts: { sessionRequired: false, claims: [kinds[0]] }, ...cookie(all({ b: false })) });
add('claims-optional-no-token', 'none has nothing to hold', { opts: { sessionRequired: false, claims: [kinds[0]] } });
add('claims-expired', 'expired before claims', { ...claims(kinds[0]), ...cookie(token({ exp: NOW - 1, b: { v: false, t } })) });
add('claims-csrf', 'anti-CSRF before claims', { method: 'POST', opts: { antiCsrf: 'VIA_TOKEN', claims: [kinds[0]] }, ...cookie(all({ b: false })) });
add('claims-options', 'OPTIONS before claims', { method: 'OPTIONS', ...claims(kinds[0]), ...cookie(all({ b: false })) });
add('claims-bearer', 'claims of a bearer token', { ...claims(kinds[0]), ...bearer(all({ b: false })) });

// Where the answers differ on purpose: at least one for each row of differences.rs.
const headed = (members) => cookie(dynamic.token(dynamic.header(members), PAYLOAD));
const texts = (header, payload) => cookie(dynamic.token(header ?? JSON.stringify(dynamic.header()), payload ?? JSON.stringify(PAYLOAD)));
const added = (object, more) => `${JSON.stringify(object).slice(0, -1)},${more}}`;
add('escape', 'a dot as an escape', { cookie_header: `sAccessToken=${good.replace('.', '%2E')}` });
add('json-cookie', 'a value that express reads as JSON', { cookie_header: `sAccessToken=j:"${good}"` });
add('escape-in-signature', 'an escape in the signature', { cookie_header: `sAccessToken=${good}%20` });
add('bearer-no-break-space-first', 'white space that is none in HTTP', bearer(`\u00a0${good}`));
add('b64', 'b64 without crit', headed({ b64: true }));
add('repeat-header', 'a name twice in the header', texts(added(dynamic.header(), '"kid":"d-1749990000000"')));
add('repeat-payload', 'a name twice deep in the payload', texts(undefined, added(PAYLOAD, '"x":[{"a":1,"\\u0061":1}]')));
add('header-padded', 'a padded header', cookie(dynamic.sign(`${base64url(JSON.stringify(dynamic.header()))}=.${base64url(JSON.stringify(PAYLOAD))}`)));
add('payload-stray-bits', 'unused bits in the last character of the payload', cookie(dynamic.sign(`${good.split('.')[0]}.${stray(JSON.stringify({ ...PAYLOAD, x: 'x' }))}`)));
add('signature-padded', 'a padded signature', bearer(`${good}==`));
add('version-6', 'a version nobody knows', headed({ version: '6' }));
add('version-5abc', 'a version that begins with a number', headed({ version: '5abc' }));
add('no-tenant', 'version 5 without tId', cookie(token({ tId: undefined })));
add('kid-null', 'kid is null', headed({ kid: null }));
add('kid-null-alone', 'kid is null, and there is one key', { ...headed({ kid: null }), jwks: { keys: [dynamic.jwk] } });
const eddsa = `${base64url(JSON.stringify({ ...dynamic.header(), kid: 'd-2', alg: 'EdDSA' }))}.${base64url(JSON.stringify(PAYLOAD))}`;
add('ed25519', 'a key of another kind, and a token that it signed', { ...cookie(`${eddsa}.${sign(null, Buffer.from(eddsa), edKey).toString('base64url')}`), jwks: { keys: [dynamic.jwk, { ...edJwk, kid: 'd-2' }] } });
add('spaces', 'white space in texts', cookie(token({ sub: ' user-1', rsub: 'recipe-1 ', sessionHandle: ' h ', tId: ' t' })));
const v2 = ['{"alg":"RS256","typ":"JWT","version":"2"}', JSON.stringify({ userId: 'u', expiryTime: (NOW + 60) * 1000, timeCreated: NOW * 1000, sessionHandle: 'h', refreshTokenHash1: 'h', userData: {} })].map((part) => Buffer.from(part).toString('base64')).join('.');
const v2Token = `${v2}.${sign('sha256', Buffer.from(v2), dynamic.key).toString('base64')}`;
add('version-2', 'a token of version 2', cookie(v2Token));
add('version-2-escaped', 'the same with escapes', cookie(encodeURIComponent(v2Token)));
add('version-2-json', 'the same as JSON', { cookie_header: `sAccessToken=j:"${v2Token}"` });
add('version-2-unknown-key', 'the SDK asks the core', { ...bearer(v2Token), jwks: { keys: [statik.jwk] } });
add('surrogate', 'half a surrogate pair', texts(undefined, added(PAYLOAD, '"x":"\\ud800"')));
add('no-utf-8', 'bytes that are no UTF-8', cookie(dynamic.sign(`${good.split('.')[0]}.${Buffer.concat([Buffer.from(added(PAYLOAD, '"x":"')).subarray(0, -1), Buffer.from([0xff]), Buffer.from('"}')]).toString('base64url')}`)));
add('exp-huge', 'an exp beyond 64-bit milliseconds', texts(undefined, JSON.stringify(PAYLOAD).replace(`"exp":${NOW + 3540}`, '"exp":1e300')));
add('number-beyond', 'a number beyond a double', texts(undefined, added(PAYLOAD, '"x":1e400')));
add('nbf-fraction', 'nbf within this second', { now: NOW + 0.6, ...cookie(token({ nbf: NOW + 0.5 })) });
add('exp-fraction', 'exp in this very millisecond', { now: NOW + 0.5, ...cookie(token({ exp: NOW + 0.5 })) });
add('deep', 'a claim nested deeper than 64', texts(undefined, added(PAYLOAD, `"x":${'['.repeat(70)}${']'.repeat(70)}`)));
add('header-deep', 'a header nested deeper than 16', texts(added(dynamic.header(), `"x":${'['.repeat(20)}${']'.repeat(20)}`)));
add('long-header', 'a header of more than 1 KiB', headed({ x: 'x'.repeat(800) }));
add('cookies', 'more than 180 cookies', { cookie_header: `${';'.repeat(185)}sAccessToken=${good}` });
const set = (...keys) => ({ ...cookie(good), jwks: { keys } });
add('keys-201', 'status 201', { ...cookie(good), jwks_status: 201 });
add('keys-error', 'no answer', { ...cookie(good), jwks_error: 'connection refused' });
add('keys-none', 'no keys in the set', set());
add('keys-array', 'no object', { ...cookie(good), jwks: '[]' });
add('keys-repeat', 'keys twice in the document', { ...cookie(good), jwks: `{"keys":[],"keys":${JSON.stringify([dynamic.jwk])}}` });
add('kid-twice', 'one kid on two keys', set(dynamic.jwk, other.jwk, statik.jwk));
add('key-twice', 'one key twice', set(dynamic.jwk, dynamic.jwk));
add('key-private', 'a private member', set({ ...dynamic.jwk, d: 'AQAB' }, statik.jwk));
add('key-weak', 'a modulus of 1024 bits', set({ ...dynamic.jwk, n: Buffer.from(dynamic.jwk.n, 'base64url').subarray(0, 128).toString('base64url') }, statik.jwk));
add('key-star', 'another character in n', set({ ...dynamic.jwk, n: `${dynamic.jwk.n.slice(0, 9)}*${dynamic.jwk.n.slice(9)}` }, statik.jwk));
add('key-null', 'null among the keys', set(dynamic.jwk, null));
add('key-name-twice', 'a name twice in a key', { ...cookie(good), jwks: JSON.stringify({ keys: [dynamic.jwk, statik.jwk] }).replace('"kty"', '"kty":"RSA","kty"') });
add('key-encrypts', 'use is enc', set({ ...dynamic.jwk, use: 'enc' }, statik.jwk));
add('key-use-7', 'use is a number', set({ ...dynamic.jwk, use: 7 }, statik.jwk));
add('key-ops-text', 'key_ops is a text', set({ ...dynamic.jwk, key_ops: 'verify' }, statik.jwk));

console.log(JSON.stringify({ defaults: { now: NOW, jwks } }));
for (const line of lines) console.log(JSON.stringify(line));
