//! One member of a JWK set (RFC 7517 section 4): public key, `kid`, and the algorithm it is for, or
//! the reason it is skipped. Unknown members are ignored (RFC 7517 section 4).

use alloc::vec::Vec;
use core::fmt;

use crate::base64url;
use crate::json::{Limits, Members, Value};
use crate::reason::{Flaw, words};
use crate::signature::{KeyKind, PublicKey, SignatureAlgorithm};

words! {
    /// Why a member of a JWK set cannot verify a session token and is skipped.
    ///
    /// One bad member does not fail the set (RFC 7517 section 5) and never goes unreported.
    ///
    /// ```
    /// use supertokens_session::SkipReason;
    ///
    /// assert_eq!(SkipReason::RsaSize.name(), "rsa_size");
    /// ```
    pub enum SkipReason {
        NotAnObject = "not_an_object", "the member is not a JSON object";
        DuplicateMember = "duplicate_member", "the JWK has two members of one name";
        TooManyMembers = "too_many_members", "the JWK has more than 64 members";
        TooDeep = "too_deep", "the JWK is nested deeper than 16";
        KeyId = "kid", "kid is missing, empty or not a string";
        KeyType = "kty", "kty is missing or not one of the algorithms'";
        Use = "use", "use is not sig";
        KeyOperations = "key_ops", "key_ops does not include verify";
        Algorithm = "alg", "alg is not one the table has for this kind of key";
        Private = "private", "the JWK publishes private or secret key material";
        Modulus = "n", "n is missing, not base64url or even";
        Exponent = "e", "e is missing, not base64url, even, below 3 or above 2^33 - 1";
        RsaSize = "rsa_size", "the RSA key has less than 2048 or more than 8192 bits";
        Rejected = "rejected", "the provider cannot use the key";
        Ambiguous = "ambiguous", "another usable key of the set has the same kid";
    }
}

impl From<Flaw> for SkipReason {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            // A member is read within its document, which is UTF-8, JSON and short enough.
            Flaw::NotUtf8 | Flaw::NotJson | Flaw::TooComplex | Flaw::NotAnObject => {
                Self::NotAnObject
            }
            Flaw::DuplicateMember => Self::DuplicateMember,
            Flaw::TooManyMembers => Self::TooManyMembers,
            Flaw::TooDeep => Self::TooDeep,
        }
    }
}

/// The members of a JWK that are looked at, as they stand.
#[derive(Default)]
pub(crate) struct Jwk<'j> {
    kid: Option<Value<'j>>,
    kty: Option<Value<'j>>,
    alg: Option<Value<'j>>,
    usage: Option<Value<'j>>,
    key_ops: Option<Value<'j>>,
    n: Option<Value<'j>>,
    e: Option<Value<'j>>,
    private: bool,
}

/// An RSA public key out of a JWK, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RsaNumbers {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl RsaNumbers {
    pub(crate) fn public_key(&self) -> PublicKey<'_> {
        PublicKey::Rsa { n: &self.n, e: &self.e }
    }
}

impl<'j> Jwk<'j> {
    /// The `kid` if it is one a token can name.
    pub(crate) fn kid(&self) -> Option<&str> {
        present(self.kid.as_ref()).and_then(text).filter(|kid| !kid.is_empty())
    }

    /// The public key and the one row of `algorithms` it is for.
    pub(crate) fn judge(
        &self,
        algorithms: &[&'static dyn SignatureAlgorithm],
    ) -> Result<(RsaNumbers, &'static dyn SignatureAlgorithm), SkipReason> {
        if self.private {
            return Err(SkipReason::Private);
        }
        if self.kid().is_none() {
            return Err(SkipReason::KeyId);
        }
        let kind = match present(self.kty.as_ref()).and_then(text) {
            Some("RSA") => KeyKind::Rsa,
            _ => return Err(SkipReason::KeyType),
        };
        if present(self.usage.as_ref()).is_some_and(|usage| text(usage) != Some("sig")) {
            return Err(SkipReason::Use);
        }
        if present(self.key_ops.as_ref())
            .is_some_and(|ops| !matches!(ops, Value::Array { has_sought: true }))
        {
            return Err(SkipReason::KeyOperations);
        }
        // With `alg` the row of that name; without, the first row for this kind of key: the token
        // never chooses (RFC 8725 section 3.1).
        let alg = present(self.alg.as_ref());
        let row = algorithms
            .iter()
            .filter(|row| row.key_kind() == kind)
            .find(|row| alg.is_none_or(|alg| text(alg) == Some(row.alg())))
            .ok_or(SkipReason::Algorithm)?;
        Ok((self.rsa()?, *row))
    }

    fn rsa(&self) -> Result<RsaNumbers, SkipReason> {
        let n = uint(self.n.as_ref()).ok_or(SkipReason::Modulus)?;
        let e = uint(self.e.as_ref()).ok_or(SkipReason::Exponent)?;
        let (Some(first), Some(last)) = (n.first(), n.last()) else {
            return Err(SkipReason::Modulus);
        };
        if last % 2 == 0 {
            return Err(SkipReason::Modulus);
        }
        let bits = n.len().saturating_mul(8).saturating_sub(leading_zero_bits(*first));
        if !RSA_BITS.contains(&bits) {
            return Err(SkipReason::RsaSize);
        }
        let exponent = match e.as_slice() {
            [] => 0,
            bytes if bytes.len() <= 8 => {
                bytes.iter().fold(0, |value: u64, byte| (value << 8) | u64::from(*byte))
            }
            _ => u64::MAX,
        };
        if exponent % 2 == 0 || !RSA_EXPONENT.contains(&exponent) {
            return Err(SkipReason::Exponent);
        }
        Ok(RsaNumbers { n, e })
    }
}

/// A member that is `null` is absent.
fn present<'v, 'j>(value: Option<&'v Value<'j>>) -> Option<&'v Value<'j>> {
    value.filter(|value| **value != Value::Null)
}

fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn uint(value: Option<&Value<'_>>) -> Option<Vec<u8>> {
    value.and_then(text).and_then(|text| base64url::decode_uint(text).ok())
}

fn leading_zero_bits(byte: u8) -> usize {
    // At most 8, so the conversion never takes the default.
    usize::try_from(byte.leading_zeros()).unwrap_or_default()
}

#[derive(Clone, Copy)]
pub(crate) enum Name {
    Kid,
    Kty,
    Alg,
    Use,
    KeyOps,
    N,
    E,
    Private,
}

impl<'j> Members<'j> for Jwk<'j> {
    type Name = Name;

    const SOUGHT: &'static str = "verify";

    fn name(name: &str) -> Option<Name> {
        Some(match name {
            "kid" => Name::Kid,
            "kty" => Name::Kty,
            "alg" => Name::Alg,
            "use" => Name::Use,
            "key_ops" => Name::KeyOps,
            "n" => Name::N,
            "e" => Name::E,
            // RFC 7518 sections 6.2.2, 6.3.2 and 6.4.
            "d" | "p" | "q" | "dp" | "dq" | "qi" | "oth" | "k" => Name::Private,
            _ => return None,
        })
    }

    fn set(&mut self, name: Name, value: Value<'j>) {
        match name {
            // Two of them are none, whatever the order.
            Name::Kid => self.kid = Some(if self.kid.is_none() { value } else { Value::Null }),
            Name::Kty => self.kty = Some(value),
            Name::Alg => self.alg = Some(value),
            Name::Use => self.usage = Some(value),
            Name::KeyOps => self.key_ops = Some(value),
            Name::N => self.n = Some(value),
            Name::E => self.e = Some(value),
            Name::Private => self.private |= value != Value::Null,
        }
    }
}

impl fmt::Debug for Jwk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Room for the names of all open objects of a JWK: as many full objects as may lie in each
/// other, two halves a name.
pub(crate) const OPEN_NAMES: usize = 2 * LIMITS.members * LIMITS.depth;

/// 64 members and a depth of 16, as for a header: real members have at most 12.
pub(crate) const LIMITS: Limits = Limits { members: 64, depth: 16, marks: usize::MAX };

/// Bits of an RSA modulus: RFC 7518 section 3.3 sets the least; above the most, one verification
/// is a way to burn the verifier's time, and `ring` stops there too.
const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=8192;

/// Public exponents: 1 makes every message its own signature; `ring` takes at most 33 bits, as do
/// other libraries after the Microsoft CryptoAPI of old.
const RSA_EXPONENT: core::ops::Range<u64> = 3..1 << 33;
