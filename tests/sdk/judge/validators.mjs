// validators.mjs: prints tests/claims/sdk.jsonl, what the SDK's validators of factors and of a verified
// address say of payloads, the same each time. Like judge.mjs, it runs beside an installed SDK.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const build = 'supertokens-node/lib/build/recipe';
const { MultiFactorAuthClaimClass } = require(`${build}/multifactorauth/multiFactorAuthClaim`);
const { EmailVerificationClaim } = require(`${build}/emailverification/emailVerificationClaim`);
const { validators: factors } = new MultiFactorAuthClaimClass(() => undefined);
const { validators: address } = EmailVerificationClaim;

const NOW = 1750000000000;
globalThis.Date = class extends Date {
  static now() {
    return NOW;
  }
};
let state = 12345;
function below(n) {
  state ^= state << 13;
  state >>>= 0;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state % n;
}
const one = (list) => list[below(list.length)];
const IDS = ['f1', 'f2', 'f3', 'é', '', 'a, b', '0', '10', '2', '"', 'emailpassword'];
const some = () => Array.from({ length: below(4) }, () => one(IDS));

async function print(line, validator, payload) {
  const { isValid, reason } = await validator.validate(payload, {});
  console.log(JSON.stringify({
    ...line, id: validator.id, payload: JSON.stringify(payload), valid: isValid,
    reason: reason === undefined ? '' : JSON.stringify(reason), refetch: validator.shouldRefetch(payload, {}),
  }));
}

for (let i = 0; i < 200; i += 1) {
  const list = Array.from({ length: below(4) }, () => one([() => one(IDS), () => ({ oneOf: some() }), () => ({ allOfInAnyOrder: some() })])());
  const c = Object.fromEntries([...some(), ...some()].map((id) => [id, one([0, 1, 1750000000, 1750000000123, -1, 1.5])]));
  const payload = { 'st-mfa': { c, v: one([true, false]) } };
  const id = one([undefined, undefined, 'other']);
  await print({ list }, factors.hasCompletedRequirementList(list, id), payload);
  if (i < 4) await print({}, factors.hasCompletedMFARequirementsForAuth(id), payload);
  const [onFalse, max] = [one([10, 0, 60, 0.5]), one([undefined, 0, 5, 60.5, 300])];
  const t = NOW - one([0, 5000, 5001, 10000, 10001, 60500, 60501, 500, 501, -5, 300000, 300001]);
  const claim = one([null, {}, { v: true }, { v: false }, ...Array.from({ length: 8 }, () => ({ v: one([true, false, false, null, 0, 'x']), t }))]);
  await print({ onFalse, max }, address.isVerified(onFalse, max), { 'st-ev': claim });
}
