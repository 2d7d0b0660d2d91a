//! The pipeline: from the text of a token to the session that was proven of it. Both gates are this,
//! with what they check before and after.

use crate::header::HEADER_ROOM;
use crate::invalid_claims::InvalidClaims;
use crate::keys::{Keys, NoKey};
use crate::payload::PAYLOAD_ROOM;
use crate::policy::SigningKeyKind;
use crate::proven::Proven;
use crate::reason::Reason;
use crate::session::{Session, TokenSource};
use crate::time::UnixMillis;
use crate::token_cache::CacheAccess;
use crate::validators::Validators;
use crate::verified::{MAX_SIGNATURE, SealedToken, Terms};

/// What every token is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Pipeline<'k> {
    pub(crate) keys: &'k Keys,
    pub(crate) now: UnixMillis,
    pub(crate) signing_keys: SigningKeyKind,
}

impl Pipeline<'_> {
    /// Judges `token`, which was found at `source`. `objection` is one that counts once the token is
    /// known to be one of a session.
    pub(crate) fn judge(
        self,
        token: &[u8],
        source: TokenSource,
        objection: Result<(), Reason>,
        cache: &mut impl CacheAccess,
    ) -> Result<Proven, NoKey> {
        let is_selected = |key: &_| self.keys.select(key, self.now);
        if let Some(proven) = cache.access(|cache| cache.find(token, is_selected)) {
            // All that was judged before the signature would be found the same.
            objection?;
            self.judge_terms(proven.terms)?;
            return Ok(proven.found_at(source));
        }

        // Decoded on the stack, so that a refusal allocates nothing; and most tokens are short, so that
        // to clear the room does not cost as much as to read them.
        let mut header = [0; HEADER_ROOM];
        let (mut usual, mut longest);
        let payload: &mut [u8] = if token.len() <= USUAL_TOKEN {
            usual = [0; USUAL_TOKEN / 4 * 3];
            &mut usual
        } else {
            longest = [0; PAYLOAD_ROOM];
            &mut longest
        };
        let sealed = SealedToken::take_apart(token, &mut header, payload)?;
        objection?;
        let mut signature = [0; MAX_SIGNATURE];
        let signature = sealed.refuse_by_name(|alg| self.keys.allows(alg), &mut signature)?;
        let key = match self.keys.key(sealed.kid(), self.now) {
            Ok(key) => key,
            // Cookies outlive keys: whoever returns after a week brings a token whose key is gone.
            // That must cost the issuer no fetch and the visitor no error page.
            Err(_) if sealed.has_expired(self.now) => return Err(Reason::Expired.into()),
            Err(missing) => return Err(missing),
        };
        let verified = sealed.check(signature, key)?;
        self.judge_terms(verified.terms)?;
        let proven = Proven::new(&verified, source);
        cache.access(|cache| cache.remember(token, key.prepared(), &proven, self.now));
        Ok(proven)
    }

    /// Judges the claims of what was proven of `token`.
    pub(crate) fn judge_claims(
        self,
        token: &[u8],
        mut proven: Proven,
        validators: &Validators,
        cache: &mut impl CacheAccess,
    ) -> Result<Session, InvalidClaims> {
        if validators.is_empty() {
            return Ok(proven.session);
        }
        let are_new = !proven.has_claims();
        let invalid = validators.judge(proven.claims(), self.now);
        if are_new {
            cache.access(|cache| cache.remember_claims(token, &proven, self.now));
        }
        match invalid {
            None => Ok(proven.session),
            Some(invalid) => Err(invalid.of(proven.session)),
        }
    }

    /// What is judged at every use of a token, whenever its signature was checked.
    fn judge_terms(self, terms: Terms) -> Result<(), Reason> {
        terms.times.judge(self.now)?;
        if terms.has_dynamic_key != (self.signing_keys == SigningKeyKind::Dynamic) {
            return Err(Reason::SigningKeyKind);
        }
        Ok(())
    }
}

/// Characters of a token that is no longer than most: those of a core with a few claims have a
/// thousand.
const USUAL_TOKEN: usize = 2048;
