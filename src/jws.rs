//! The way in below session tokens: a compact JWS (RFC 7515 section 3.1) under a key set, with the
//! gate's own strictness and none of a session's rules.

use alloc::vec::Vec;

use crate::base64url;
use crate::header::{HEADER_ROOM, Header};
use crate::key_set::{KeySet, Selection};
use crate::payload::PAYLOAD_ROOM;
use crate::reason::Reason;
use crate::token::Compact;
use crate::verified::{Jws, MAX_SIGNATURE};

impl KeySet {
    /// Checks the signature of a compact JWS and gives its payload. **Not a session**: nothing is
    /// asked of `typ`, `exp` or any other claim, so whoever has *any* signed text of the issuer
    /// passes. To decide requests use [`Gate`](crate::Gate).
    ///
    /// Here for what is signed under the same keys and is no session token: JWTs a backend had
    /// signed for its own ends, OAuth2 tokens, and the test vectors of others, whose payloads are
    /// no claims. Text, header, key and signature are judged by the code that judges session
    /// tokens: canonical base64url, strict JSON without repeats, no `crit`, a `kid` that names
    /// exactly one usable key, the one algorithm that key is for, and the limits of lengths.
    ///
    /// ```
    /// use supertokens_session::{KeySet, Reason, crypto};
    ///
    /// let jwks = include_bytes!("../tests/data/jwks.json");
    /// let set = KeySet::parse(jwks, &[crypto::ring::RS256])?;
    /// let token = include_str!("../tests/data/v5.token").trim();
    /// let payload = set.verify_jws(token.as_bytes()).unwrap();
    /// assert!(payload.starts_with(b"{"));
    ///
    /// let (rest, _signature) = token.rsplit_once('.').unwrap();
    /// let unsigned = format!("{rest}.");
    /// assert_eq!(set.verify_jws(unsigned.as_bytes()), Err(Reason::BadSignature));
    /// # Ok::<(), supertokens_session::FetchFailure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The [`Reason`] why the text is refused: one of a malformed token, of one refused by name,
    /// [`UnknownKey`](Reason::UnknownKey), [`KeyUnusable`](Reason::KeyUnusable) or
    /// [`BadSignature`](Reason::BadSignature).
    pub fn verify_jws(&self, jws: &[u8]) -> Result<Vec<u8>, Reason> {
        let compact = Compact::split(jws)?;
        let mut room = [0; HEADER_ROOM];
        let jws = Jws { header: Header::of_jws(compact.header, &mut room)?, compact };
        let mut room = [0; PAYLOAD_ROOM];
        let payload = base64url::decode(compact.payload, &mut room)
            .map_err(|_| Reason::PayloadNotBase64Url)?;
        let mut room = [0; MAX_SIGNATURE];
        let signature = jws.refuse_by_name(|alg| self.allows(alg), &mut room)?;
        match self.select(&jws.header.kid) {
            Selection::Key(key) => jws.check(signature, key)?,
            Selection::Unusable => return Err(Reason::KeyUnusable),
            Selection::Unknown => return Err(Reason::UnknownKey),
        }
        Ok(payload.to_vec())
    }
}
