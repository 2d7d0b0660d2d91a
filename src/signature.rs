//! What a cryptography library must do: one row of a table for each algorithm, a key prepared
//! once, a signature checked many times.

use alloc::boxed::Box;
use core::fmt;

/// One JWS algorithm as one cryptography library implements it: a row of the table that the
/// caller passes. The table *is* the allow-list; what is not in it does not exist.
///
/// The rows of this crate are in [`crypto`](crate::crypto). A caller may write its own:
///
/// ```
/// use supertokens_session::{
///     BadSignature, KeyKind, KeyRejected, PublicKey, SignatureAlgorithm, VerifyingKey,
/// };
///
/// /// Accepts nothing, which is at least safe.
/// #[derive(Debug)]
/// struct Never;
///
/// impl SignatureAlgorithm for Never {
///     fn alg(&self) -> &'static str {
///         "RS256"
///     }
///     fn key_kind(&self) -> KeyKind {
///         KeyKind::Rsa
///     }
///     fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
///         match key {
///             PublicKey::Rsa { .. } => Ok(Box::new(Never)),
///             _ => Err(KeyRejected),
///         }
///     }
/// }
///
/// impl VerifyingKey for Never {
///     fn verify(&self, _message: &[u8], _signature: &[u8]) -> Result<(), BadSignature> {
///         Err(BadSignature)
///     }
/// }
///
/// static NEVER: &dyn SignatureAlgorithm = &Never;
/// assert_eq!(NEVER.alg(), "RS256");
/// ```
pub trait SignatureAlgorithm: fmt::Debug + Send + Sync {
    /// The value of the header member `alg` (RFC 7518 section 3.1), for example `"RS256"`.
    fn alg(&self) -> &'static str;

    /// The kind of key [`prepare`](Self::prepare) is called with.
    fn key_kind(&self) -> KeyKind;

    /// Prepares a key for verification. Called when a key set is parsed, once for each key.
    ///
    /// The key has passed the checks [`PublicKey`] lists; all else about it is the issuer's word.
    ///
    /// # Errors
    ///
    /// [`KeyRejected`] if the library cannot use the key; the key is then skipped and reported.
    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected>;
}

/// A public key prepared for one algorithm; see [`SignatureAlgorithm`] for an example.
pub trait VerifyingKey: fmt::Debug + Send + Sync {
    /// Returns `Ok(())` only if `signature` is this key's signature over `message`.
    ///
    /// `message` is not hashed. Both come from outside and may be nonsense.
    ///
    /// # Errors
    ///
    /// [`BadSignature`], which says no more because there is no more to say.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature>;
}

/// A kind of key: the JWK members `kty` (RFC 7518 section 6.1) and, where it has one, `crv`.
///
/// ```
/// use supertokens_session::{KeyKind, PublicKey};
///
/// assert_eq!(PublicKey::Rsa { n: &[0xff; 256], e: &[1, 0, 1] }.kind(), KeyKind::Rsa);
/// assert_eq!((KeyKind::P256.kty(), KeyKind::P256.crv()), ("EC", Some("P-256")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `kty` is `RSA`.
    Rsa,
    /// `kty` is `EC`, `crv` is `P-256`.
    P256,
    /// `kty` is `EC`, `crv` is `P-384`.
    P384,
    /// `kty` is `OKP`, `crv` is `Ed25519` (RFC 8037 section 2).
    Ed25519,
}

impl KeyKind {
    /// The JWK member `kty` of such a key.
    #[must_use]
    pub const fn kty(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 | Self::P384 => "EC",
            Self::Ed25519 => "OKP",
        }
    }

    /// The JWK member `crv` of such a key; RSA keys have none.
    #[must_use]
    pub const fn crv(self) -> Option<&'static str> {
        match self {
            Self::Rsa => None,
            Self::P256 => Some("P-256"),
            Self::P384 => Some("P-384"),
            Self::Ed25519 => Some("Ed25519"),
        }
    }
}

/// A public key as a JWK carries it, base64 removed.
///
/// ```
/// use supertokens_session::PublicKey;
///
/// let key = PublicKey::Rsa { n: &[0xff; 256], e: &[1, 0, 1] };
/// assert!(matches!(key, PublicKey::Rsa { e: [1, 0, 1], .. }));
/// assert_eq!(PublicKey::Ed25519 { point: &[9; 32] }.point(), Some([9; 32].as_slice()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey<'k> {
    /// An RSA key of 2048 to 8192 bits: `n` odd and without the fingerprint of ROCA
    /// (CVE-2017-15361), `e` odd and from 3 to 2^33 - 1. Both are big-endian, without leading zero
    /// bytes.
    Rsa {
        /// The modulus.
        n: &'k [u8],
        /// The public exponent.
        e: &'k [u8],
    },
    /// A point that should lie on the curve P-256, in the uncompressed form of SEC 1
    /// (section 2.3.3): the byte 4, then x and y of 32 bytes each, big-endian. Whether it does lie
    /// on the curve is for the provider to check, here or at each verification.
    P256 {
        /// The point.
        point: &'k [u8; 65],
    },
    /// A point that should lie on the curve P-384: the byte 4, then x and y of 48 bytes each.
    P384 {
        /// The point.
        point: &'k [u8; 97],
    },
    /// An Ed25519 public key (RFC 8032 section 5.1.5): the canonical encoding of a y coordinate
    /// that is none of a point of small order. Whether there is such a point is for the provider
    /// to check.
    Ed25519 {
        /// The encoded point.
        point: &'k [u8; 32],
    },
}

impl<'k> PublicKey<'k> {
    /// The kind of this key.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa { .. } => KeyKind::Rsa,
            Self::P256 { .. } => KeyKind::P256,
            Self::P384 { .. } => KeyKind::P384,
            Self::Ed25519 { .. } => KeyKind::Ed25519,
        }
    }

    /// The bytes of the point, where the key is one: all that most libraries want to know of it.
    #[must_use]
    pub const fn point(&self) -> Option<&'k [u8]> {
        match self {
            Self::Rsa { .. } => None,
            Self::P256 { point } => Some(point.as_slice()),
            Self::P384 { point } => Some(point.as_slice()),
            Self::Ed25519 { point } => Some(point.as_slice()),
        }
    }
}

/// The signature is not the key's: a detail-less error.
///
/// ```
/// assert_eq!(supertokens_session::BadSignature.to_string(), "bad signature");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "providers make it, and it will never say more")]
pub struct BadSignature;

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad signature")
    }
}

impl core::error::Error for BadSignature {}

/// The cryptography library cannot use the key: a detail-less error.
///
/// ```
/// assert_eq!(supertokens_session::KeyRejected.to_string(), "key rejected by the provider");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "providers make it, and it will never say more")]
pub struct KeyRejected;

impl fmt::Display for KeyRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key rejected by the provider")
    }
}

impl core::error::Error for KeyRejected {}
