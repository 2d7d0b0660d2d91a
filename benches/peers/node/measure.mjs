// node measure.mjs TOKEN JWKS PRIVATE-KEY: what Node's libraries take to verify the token of the first
// file under the key of the second. The private key (PKCS #8 DER) signs a thousand tokens for the
// caches. Each is measured in turn with bare node:crypto, a batch of one and a batch of the other, as
// benches/cases/ratio.rs does. Prints JSON: an array of objects, times in nanoseconds.

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { JwtRsaVerifier } from 'aws-jwt-verify'
import { createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'

const NOW = 1_750_000_000
const PAIRS = 101
// Half a millisecond of verifying, so that what else the machine does falls into few of the batches.
const BATCH = 20
const TOKENS = 1000
// Of answers from a cache.
const CACHED_BATCH = 200

const [tokenFile, jwksFile, keyFile] = process.argv.slice(2)
const token = readFileSync(tokenFile, 'utf8').trim()
const jwks = JSON.parse(readFileSync(jwksFile, 'utf8'))
const [header, payload, signature] = token.split('.')
const { kid } = JSON.parse(Buffer.from(header, 'base64url'))
const jwk = jwks.keys.find(key => key.kid === kid)

const key = createPublicKey({ key: jwk, format: 'jwk' })
const pem = key.export({ type: 'spki', format: 'pem' })
const message = Buffer.from(`${header}.${payload}`)
const bytes = Buffer.from(signature, 'base64url')
const bare = () => verify('sha256', message, key, bytes)

const signer = createPrivateKey({ key: readFileSync(keyFile), format: 'der', type: 'pkcs8' })
/** The token with another payload. */
const token_with = change => {
  const text = change(Buffer.from(payload, 'base64url').toString())
  const unsigned = `${header}.${Buffer.from(text).toString('base64url')}`
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), signer).toString('base64url')}`
}
/** The same as the thousand of the Rust program. */
const tokens = Array.from({ length: TOKENS }, (_, n) =>
  token_with(text => text.replace('user-1', `user-${n}`).replace('handle-1', `handle-${n}`))
)

const issuer = JSON.parse(Buffer.from(payload, 'base64url')).iss
const algorithms = ['RS256']
const joseKey = await importJWK(jwk)
const joseOptions = { algorithms, currentDate: new Date(NOW * 1000) }
const jwtOptions = { algorithms, clockTimestamp: NOW }
const fastOptions = { key: pem, algorithms, clockTimestamp: NOW * 1000 }
// It has no clock to set. With so much grace it compares dates all the same, and refuses none.
const aws = JwtRsaVerifier.create({ issuer, audience: null, jwksUri: `${issuer}/jwks.json`, graceSeconds: 1e9 })
aws.cacheJwks(jwks)

/** Verifiers of `fast-jwt`: its cache fits all tokens. */
const cached = (options = {}) => createVerifier({ ...fastOptions, cache: TOKENS, ...options })
/** What it answers from its cache only, for `tokens` in turn. */
const rotation = (tokens, verifier, read = token => token) => {
  for (const token of tokens) verifier(read(token))
  let next = 0
  return () => {
    const payload = verifier(read(tokens[next]))
    next = (next + 1) % tokens.length
    return payload
  }
}
// Keyed by the text, a cache would have nothing to hash if the string were the same object each time. A
// server has a new one with each request.
const bytesOfTokens = tokens.map(token => Buffer.from(token))
const byText = cached({ cacheKeyBuilder: token => token })

const require = createRequire(import.meta.url)
const version = name => {
  // `exports` may hide package.json; the file is where it always is.
  const path = new URL(`./node_modules/${name}/package.json`, import.meta.url)
  return require(path.pathname).version
}

// Each: package, the rest of its name, clock, a function from a token to its payload.
const rows = [
  ['jsonwebtoken', 'key as PEM', 'given', token => jsonwebtoken.verify(token, pem, jwtOptions)],
  ['jsonwebtoken', 'key object', 'given', token => jsonwebtoken.verify(token, key, jwtOptions)],
  ['jose', '', 'given', async token => (await jwtVerify(token, joseKey, joseOptions)).payload],
  ['fast-jwt', '', 'given', createVerifier(fastOptions)],
  ['aws-jwt-verify', '', 'grace', token => aws.verifySync(token)],
]
const caches = [
  ['fast-jwt', 'cached, 1 token', rotation([token], cached())],
  ['fast-jwt', 'cached, 1,000 tokens', rotation(tokens, cached())],
  ['fast-jwt', 'cached by text, 1,000 tokens', rotation(bytesOfTokens, byText, bytes => bytes.latin1Slice())],
]

const refuses = async (call, token) => {
  try {
    await call(token)
    return false
  } catch {
    return true
  }
}
const must = (condition, what) => {
  if (!condition) throw new Error(what)
}

// Before it is measured, each says what it should.
const forged = token.slice(0, -8) + (token.at(-8) === 'A' ? 'B' : 'A') + token.slice(-7)
const expired = token_with(text => text.replace('1750003540', String(NOW - 1)))
must(bare(), 'node:crypto')
for (const [name, kind, clock, call] of rows) {
  must((await call(token)).sub === 'user-1', `${name} ${kind}: a good token`)
  must(await refuses(call, forged), `${name} ${kind}: a forged token`)
  must((await refuses(call, expired)) === (clock === 'given'), `${name} ${kind}: an expired token`)
}
must(await refuses(cached(), forged) && (await refuses(cached(), expired)), 'fast-jwt with a cache')

const batch = async (calls, call) => {
  const start = process.hrtime.bigint()
  for (let n = 0; n < calls; n += 1) {
    const made = call()
    // To await what is no promise would cost the others what `jose` must pay.
    if (made instanceof Promise) await made
  }
  return Number(process.hrtime.bigint() - start) / calls
}
const sorted = numbers => numbers.toSorted((a, b) => a - b)
const quartile = (numbers, quarters) => sorted(numbers)[((PAIRS - 1) * quarters) / 4]

const measure = async (calls, call) => {
  // Long enough for the compiler to have seen all of it.
  for (let n = 0; n < 5000; n += calls) await batch(calls, call)
  await batch(BATCH, bare)
  const [times, ratios] = [[], []]
  for (let pair = 0; pair < PAIRS; pair += 1) {
    let ours, theirs
    if (pair % 2 === 0) {
      theirs = await batch(BATCH, bare)
      ours = await batch(calls, call)
    } else {
      ours = await batch(calls, call)
      theirs = await batch(BATCH, bare)
    }
    times.push(ours)
    ratios.push(ours / theirs)
  }
  const round = number => Math.round(number * 10) / 10
  return {
    median_ns: round(quartile(times, 2)),
    quartiles_ns: [1, 3].map(quarters => round(quartile(times, quarters))),
    ratio_to_node_crypto: Math.round(quartile(ratios, 2) * 10000) / 10000,
  }
}

const measured = [{ package: 'node:crypto', kind: 'bare', version: process.versions.node, ...(await measure(BATCH, bare)) }]
for (const [name, kind, , call] of rows) {
  measured.push({ package: name, kind, version: version(name), ...(await measure(BATCH, () => call(token))) })
}
for (const [name, kind, call] of caches) {
  measured.push({ package: name, kind, version: version(name), ...(await measure(CACHED_BATCH, call)) })
}
console.log(`[\n${measured.map(row => `  ${JSON.stringify(row)}`).join(',\n')}\n]`)
