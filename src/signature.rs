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
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `kty` is `RSA`.
    Rsa,
}

/// A public key as a JWK carries it: base64 removed, big-endian, without leading zero bytes.
///
/// ```
/// use supertokens_session::PublicKey;
///
/// let key = PublicKey::Rsa { n: &[0xff; 256], e: &[1, 0, 1] };
/// assert!(matches!(key, PublicKey::Rsa { e: [1, 0, 1], .. }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey<'k> {
    /// An RSA key of 2048 to 8192 bits: `n` odd, `e` odd and from 3 to 2^33 - 1.
    Rsa {
        /// The modulus.
        n: &'k [u8],
        /// The public exponent.
        e: &'k [u8],
    },
}

impl PublicKey<'_> {
    /// The kind of this key.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa { .. } => KeyKind::Rsa,
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
