//! The proof: a token taken apart once and sealed, which only a signature check opens.

use crate::base64url;
use crate::header::{Header, TokenVersion};
use crate::key_set::Key;
use crate::payload::{Payload, Times};
use crate::reason::Reason;
use crate::time::UnixMillis;
use crate::token::Compact;

/// A compact JWS with its header read. Unverified.
pub(crate) struct Jws<'t> {
    pub(crate) header: Header<'t>,
    pub(crate) compact: Compact<'t>,
}

impl Jws<'_> {
    /// Refuses by name, before a key is looked for: the algorithm is not `allowed`, the header has
    /// an extension, or the signature is not base64url.
    pub(crate) fn refuse_by_name<'s>(
        &self,
        allowed: impl Fn(&str) -> bool,
        room: &'s mut [u8],
    ) -> Result<&'s [u8], Reason> {
        self.header.algorithm(allowed)?;
        base64url::decode(self.compact.signature, room).map_err(|_| Reason::SignatureNotBase64Url)
    }

    /// Checks the signature.
    pub(crate) fn check(&self, signature: &[u8], key: &Key) -> Result<(), Reason> {
        // The key was prepared for one algorithm; the token does not choose (RFC 8725 section 3.1).
        self.header.algorithm(|alg| alg == key.alg())?;
        key.prepared()
            .verify(self.compact.signing_input, signature)
            .map_err(|_| Reason::BadSignature)
    }
}

/// A token that has the shape of a session token. Unverified: it answers which key it names, which
/// algorithm, and whether its own `exp` has passed, which may only ever refuse it. What it claims
/// is sealed until [`SealedToken::check`].
pub(crate) struct SealedToken<'t> {
    jws: Jws<'t>,
    version: TokenVersion,
    payload: Payload<'t>,
}

impl<'t> SealedToken<'t> {
    /// Takes a token apart into rooms that are long enough for it; what is refused here is malformed.
    pub(crate) fn take_apart(
        token: &'t [u8],
        header_room: &'t mut [u8],
        payload_room: &'t mut [u8],
    ) -> Result<Self, Reason> {
        let compact = Compact::split(token)?;
        let (header, version) = Header::of_session(compact.header, header_room)?;
        let payload = Payload::decode(compact.payload, version, payload_room)?;
        Ok(Self { jws: Jws { header, compact }, version, payload })
    }

    /// Refuses by name; see [`Jws::refuse_by_name`].
    pub(crate) fn refuse_by_name<'s>(
        &self,
        allowed: impl Fn(&str) -> bool,
        room: &'s mut [u8],
    ) -> Result<&'s [u8], Reason> {
        self.jws.refuse_by_name(allowed, room)
    }

    /// The key the token says it was signed with.
    pub(crate) fn kid(&self) -> &str {
        &self.jws.header.kid
    }

    /// Whether the token's own `exp` has passed.
    pub(crate) fn has_expired(&self, now: UnixMillis) -> bool {
        self.payload.times.has_expired(now)
    }

    /// Checks the signature and, if it holds, opens the token: the only way to a [`Verified`].
    pub(crate) fn check(self, signature: &[u8], key: &Key) -> Result<Verified<'t>, Reason> {
        self.jws.check(signature, key)?;
        let has_dynamic_key = self.kid().starts_with("d-");
        let terms = Terms { times: self.payload.times, has_dynamic_key };
        Ok(Verified { version: self.version, payload: self.payload, terms })
    }
}

/// The content of a token whose signature held. Made in one place only, above.
pub(crate) struct Verified<'t> {
    pub(crate) version: TokenVersion,
    pub(crate) payload: Payload<'t>,
    pub(crate) terms: Terms,
}

/// What each decision asks of a token whose signature held.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) times: Times,
    /// Whether a dynamic key signed the token: the core names those `d-` and the time of their
    /// making, and everything else is a static key.
    pub(crate) has_dynamic_key: bool,
}

/// Bytes of a signature: RSA-8192 makes 1024, and no other algorithm of RFC 7518 and 8037 more.
pub(crate) const MAX_SIGNATURE: usize = 1024;
