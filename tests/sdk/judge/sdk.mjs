// supertokens-node's own verifySession and error handler, over its express wrapper.
process.env.TEST_MODE = 'testing'; // allows it to be configured anew, and sends no telemetry
import { createRequire } from 'node:module';
import { jwksOf, headersOf, millisOf } from './lines.mjs';

const require = createRequire(import.meta.url);
const SuperTokens = require('supertokens-node');
const Session = require('supertokens-node/recipe/session');
const Instance = require('supertokens-node/lib/build/supertokens').default;
const SessionRecipe = require('supertokens-node/lib/build/recipe/session/recipe').default;
const recipes = ['multitenancy', 'usermetadata', 'openid', 'jwt', 'oauth2provider', 'accountlinking', 'multifactorauth', 'totp']
  .map((name) => require(`supertokens-node/lib/build/recipe/${name}/recipe`).default);
const { ExpressRequest, ExpressResponse, errorHandler } = require('supertokens-node/lib/build/framework/express/framework');
const { resetCombinedJWKS } = require('supertokens-node/lib/build/combinedRemoteJWKSet');
const { BooleanClaim, PrimitiveClaim, PrimitiveArrayClaim } = require('supertokens-node/recipe/session/claims');

export const version = require('supertokens-node/lib/build/version').version;

const RealDate = Date;
function stopClock(millis) {
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      super(...(parts.length === 0 ? [millis] : parts));
    }
    static now() {
      return millis;
    }
  };
}

/** The options that the SDK is configured with; lines that agree on them are judged one after the other. */
export const configuration = ({ opts }) => JSON.stringify({
  antiCsrf: opts.antiCsrf ?? 'NONE',
  useDynamicAccessTokenSigningKey: opts.useDynamicAccessTokenSigningKey ?? true,
});

let configured;
let transfer;
function configure(line, core) {
  const wanted = configuration(line);
  if (wanted === configured) return;
  for (const recipe of configured === undefined ? [] : [SessionRecipe, ...recipes, Instance]) recipe.reset?.();
  SuperTokens.init({
    framework: 'express',
    telemetry: false,
    supertokens: { connectionURI: core.uri },
    appInfo: { appName: 'judge', apiDomain: 'http://127.0.0.1:3001', websiteDomain: 'http://127.0.0.1:3000' },
    recipeList: [Session.init({ ...JSON.parse(wanted), getTokenTransferMethod: () => transfer })],
  });
  configured = wanted;
}

function validator({ kind, key, value, maxAgeInSeconds }) {
  const settings = { key, fetchValue: async () => undefined };
  if (kind === 'boolean') return new BooleanClaim(settings).validators.hasValue(value, maxAgeInSeconds);
  if (kind === 'primitive') return new PrimitiveClaim(settings).validators.hasValue(value, maxAgeInSeconds);
  return new PrimitiveArrayClaim(settings).validators[kind](value, maxAgeInSeconds);
}

/** Of express's response, what the SDK uses; it keeps what a client would get. */
class Recorder {
  headers = {};
  statusCode = 200;
  writableEnded = false;
  setHeader(name, value) {
    this.headers[name.toLowerCase()] = value;
    return this;
  }
  header(name, value) {
    return this.setHeader(name, value);
  }
  getHeader(name) {
    return this.headers[name.toLowerCase()];
  }
  getHeaders() {
    return this.headers;
  }
  removeHeader(name) {
    delete this.headers[name.toLowerCase()];
  }
  status(code) {
    this.statusCode = code;
    return this;
  }
  json(value) {
    return this.send(JSON.stringify(value));
  }
  send(text) {
    this.body = text;
    this.writableEnded = true;
    return this;
  }
}

async function within(millis, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), millis);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The SDK's answer to one line. */
export async function judge(line, core, millis = 5000) {
  configure(line, core);
  const { opts } = line;
  transfer = opts.transfer ?? 'any';
  Object.assign(core, { jwks: jwksOf(line), verified: [], unexpected: [] });
  resetCombinedJWKS();
  const request = { method: line.method ?? 'GET', headers: headersOf(line), originalUrl: '/api', url: '/api' };
  const response = new Recorder();
  // An option that a line leaves out is left out here too.
  const options = { overrideGlobalClaimValidators: () => (opts.claims ?? []).map(validator) };
  for (const name of ['sessionRequired', 'antiCsrfCheck', 'checkDatabase']) {
    if (opts[name] !== undefined) options[name] = opts[name];
  }
  const answer = { id: line.id };
  stopClock(millisOf(line));
  try {
    // As the SDK's `verifySession` middleware for express does it, but that the error is seen.
    const context = {};
    const session = await within(millis, SessionRecipe.getInstanceOrThrowError()
      .verifySession(options, new ExpressRequest(request), new ExpressResponse(response), context));
    if (session === undefined) answer.status = 'NO_SESSION';
    else {
      answer.status = 'OK';
      answer.user = [session.getUserId(), session.getRecipeUserId().getAsString(), session.getHandle(), session.getTenantId()]
        .map((text) => text ?? null);
    }
  } catch (error) {
    answer.status = error?.type ?? 'ERROR';
    if (answer.status !== 'INVALID_CLAIMS') answer.message = String(error?.message ?? error);
    let unhandled;
    await errorHandler()(error, request, response, (other) => {
      unhandled = other;
    });
    // What the SDK does not handle, express answers with 500.
    if (unhandled === undefined) Object.assign(answer, { http_status: response.statusCode, body: response.body });
    else answer.http_status = 500;
  } finally {
    globalThis.Date = RealDate;
  }
  if (Object.keys(response.headers).length > 0) answer.headers = response.headers;
  if (core.verified.length > 0) answer.core_call = core.verified.length === 1 ? core.verified[0] : core.verified;
  if (core.unexpected.length > 0) answer.unexpected = core.unexpected;
  return answer;
}
