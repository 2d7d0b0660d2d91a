//! The pipeline: from the text of a token to what was proven of it. Both gates are this, with what
//! they check before and after.

use crate::keys::{Keys, NoKey};
use crate::policy::SigningKeyKind;
use crate::reason::Reason;
use crate::time::UnixMillis;
use crate::verified::{MAX_SIGNATURE, Room, SealedToken, Verified};

/// What every token is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Pipeline<'k> {
    pub(crate) keys: &'k Keys,
    pub(crate) now: UnixMillis,
    pub(crate) signing_keys: SigningKeyKind,
}

impl Pipeline<'_> {
    /// Judges `token`. `before` is an objection that counts once the token is known to be one of a
    /// session; `after` sees it when all else holds, and may object or take what it needs.
    pub(crate) fn judge<T>(
        self,
        token: &[u8],
        before: Result<(), Reason>,
        after: impl FnOnce(&Verified<'_>) -> Result<T, Reason>,
    ) -> Result<T, NoKey> {
        let mut room = Room::new();
        let sealed = SealedToken::take_apart(token, &mut room)?;
        before?;
        let mut room = [0; MAX_SIGNATURE];
        let signature = sealed.refuse_by_name(|alg| self.keys.allows(alg), &mut room)?;
        let key = match self.keys.key(sealed.kid(), self.now) {
            Ok(key) => key,
            // Cookies outlive keys: whoever returns after a week brings a token whose key is gone.
            // That must cost the issuer no fetch and the visitor no error page.
            Err(_) if sealed.has_expired(self.now) => return Err(Reason::Expired.into()),
            Err(missing) => return Err(missing),
        };
        let verified = sealed.check(signature, key)?;
        verified.payload.judge_times(self.now)?;
        if verified.has_dynamic_key() != (self.signing_keys == SigningKeyKind::Dynamic) {
            return Err(Reason::SigningKeyKind.into());
        }
        Ok(after(&verified)?)
    }
}
