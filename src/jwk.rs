//! One member of a JWK set (RFC 7517 section 4): public key, `kid`, and the algorithm it is for, or
//! the reason it is skipped. Unknown members are ignored (RFC 7517 section 4).

use alloc::vec::Vec;

use crate::base64url;
use crate::json::{Limits, Members, Value};
use crate::reason::{Flaw, words};
use crate::signature::{KeyKind, PublicKey, SignatureAlgorithm};
use crate::weak_key;

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
        Curve = "crv", "crv is missing or not one of the algorithms'";
        Modulus = "n", "n is missing, not base64url or even";
        Exponent = "e", "e is missing, not base64url, even, below 3 or above 2^33 - 1";
        RsaSize = "rsa_size", "the RSA key has less than 2048 or more than 8192 bits";
        Roca = "roca", "the RSA modulus has the fingerprint of ROCA (CVE-2017-15361)";
        X = "x", "x is missing, not base64url, not of the curve's length or, of Ed25519, not canonical";
        Y = "y", "y is missing, not base64url or not of the curve's length";
        SmallOrder = "small_order", "the Ed25519 key is a point of small order";
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
    crv: Option<Value<'j>>,
    n: Option<Value<'j>>,
    e: Option<Value<'j>>,
    x: Option<Value<'j>>,
    y: Option<Value<'j>>,
    private: bool,
}

/// The public key of a JWK, judged: a [`PublicKey`] that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyMaterial {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256([u8; 65]),
    P384([u8; 97]),
    Ed25519([u8; 32]),
}

impl KeyMaterial {
    pub(crate) fn public_key(&self) -> PublicKey<'_> {
        match self {
            Self::Rsa { n, e } => PublicKey::Rsa { n, e },
            Self::P256(point) => PublicKey::P256 { point },
            Self::P384(point) => PublicKey::P384 { point },
            Self::Ed25519(point) => PublicKey::Ed25519 { point },
        }
    }
}

impl<'j> Jwk<'j> {
    /// The `kid` if it is one a token can name.
    pub(crate) fn kid(&self) -> Option<&str> {
        member(self.kid.as_ref()).filter(|kid| !kid.is_empty())
    }

    /// The public key and the one row of `algorithms` it is for.
    pub(crate) fn judge(
        &self,
        algorithms: &[&'static dyn SignatureAlgorithm],
    ) -> Result<(KeyMaterial, &'static dyn SignatureAlgorithm), SkipReason> {
        if self.private {
            return Err(SkipReason::Private);
        }
        if self.kid().is_none() {
            return Err(SkipReason::KeyId);
        }
        // `kty` and `crv` first narrow the table down to the rows for this kind of key.
        let (kty, crv) = (member(self.kty.as_ref()), member(self.crv.as_ref()));
        let is_type = |kind: KeyKind| kty == Some(kind.kty());
        let is_kind = |kind: KeyKind| is_type(kind) && (kind.crv().is_none() || kind.crv() == crv);
        if !algorithms.iter().any(|row| is_type(row.key_kind())) {
            return Err(SkipReason::KeyType);
        }
        if !algorithms.iter().any(|row| is_kind(row.key_kind())) {
            return Err(SkipReason::Curve);
        }
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
            .filter(|row| is_kind(row.key_kind()))
            .find(|row| alg.is_none_or(|alg| text(alg) == Some(row.alg())))
            .ok_or(SkipReason::Algorithm)?;
        let material = match row.key_kind() {
            KeyKind::Rsa => self.rsa_key()?,
            KeyKind::P256 => KeyMaterial::P256(self.point(32)?),
            KeyKind::P384 => KeyMaterial::P384(self.point(48)?),
            KeyKind::Ed25519 => self.ed25519_key()?,
        };
        Ok((material, *row))
    }

    fn rsa_key(&self) -> Result<KeyMaterial, SkipReason> {
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
        let exponent = if e.len() <= 8 {
            e.iter().fold(0, |value: u64, byte| (value << 8) | u64::from(*byte))
        } else {
            u64::MAX
        };
        if exponent % 2 == 0 || !RSA_EXPONENT.contains(&exponent) {
            return Err(SkipReason::Exponent);
        }
        if weak_key::has_roca_fingerprint(&n) {
            return Err(SkipReason::Roca);
        }
        Ok(KeyMaterial::Rsa { n, e })
    }

    /// The uncompressed point of coordinates of `length` bytes each: no leading zero byte may be
    /// left out (RFC 7518 section 6.2.1.2).
    fn point<const LENGTH: usize>(&self, length: usize) -> Result<[u8; LENGTH], SkipReason> {
        let coordinate = |value| octets(value).filter(|bytes| bytes.len() == length);
        let x = coordinate(self.x.as_ref()).ok_or(SkipReason::X)?;
        let y = coordinate(self.y.as_ref()).ok_or(SkipReason::Y)?;
        [UNCOMPRESSED, &x, &y].concat().try_into().map_err(|_| SkipReason::Y)
    }

    fn ed25519_key(&self) -> Result<KeyMaterial, SkipReason> {
        let point = octets(self.x.as_ref()).and_then(|bytes| bytes.try_into().ok());
        let point = point.filter(weak_key::is_canonical).ok_or(SkipReason::X)?;
        if weak_key::has_small_order(&point) {
            return Err(SkipReason::SmallOrder);
        }
        Ok(KeyMaterial::Ed25519(point))
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

/// The text of a member that is one.
fn member<'v>(value: Option<&'v Value<'_>>) -> Option<&'v str> {
    present(value).and_then(text)
}

fn octets(value: Option<&Value<'_>>) -> Option<Vec<u8>> {
    member(value).and_then(|text| base64url::decode_octets(text).ok())
}

/// A number: octets without the zero bytes that lead it.
fn uint(value: Option<&Value<'_>>) -> Option<Vec<u8>> {
    let mut bytes = octets(value)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    Some(bytes)
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
    Crv,
    N,
    E,
    X,
    Y,
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
            "crv" => Name::Crv,
            "n" => Name::N,
            "e" => Name::E,
            "x" => Name::X,
            "y" => Name::Y,
            // RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2.
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
            Name::Crv => self.crv = Some(value),
            Name::N => self.n = Some(value),
            Name::E => self.e = Some(value),
            Name::X => self.x = Some(value),
            Name::Y => self.y = Some(value),
            Name::Private => self.private |= value != Value::Null,
        }
    }
}

/// Room for the names of all open objects of a JWK: as many full objects as may lie in each
/// other, two halves a name.
pub(crate) const OPEN_NAMES: usize = 2 * LIMITS.members * LIMITS.depth;

/// 64 members and a depth of 16, as for a header: real members have at most 12.
pub(crate) const LIMITS: Limits = Limits { members: 64, depth: 16, marks: usize::MAX };

/// What an uncompressed point begins with (SEC 1 section 2.3.3).
const UNCOMPRESSED: &[u8] = &[4];

/// Bits of an RSA modulus: RFC 7518 section 3.3 sets the least; above the most, one verification
/// is a way to burn the verifier's time, and `ring` stops there too.
const RSA_BITS: core::ops::RangeInclusive<usize> = 2048..=8192;

/// Public exponents: 1 makes every message its own signature; `ring` takes at most 33 bits, as do
/// other libraries after the Microsoft CryptoAPI of old.
const RSA_EXPONENT: core::ops::Range<u64> = 3..1 << 33;
