//! What was proven of a token, kept: all that a decision needs after the signature, without the token.

use alloc::sync::Arc;

use crate::claims::Claims;
use crate::session::{Session, TokenSource};
use crate::verified::{Terms, Verified};

/// A session whose token was signed by the issuer. Whether it is valid now is for its terms to say.
#[derive(Clone)]
pub(crate) struct Proven {
    pub(crate) terms: Terms,
    pub(crate) session: Session,
    /// Once somebody has read them.
    claims: Option<Arc<Claims>>,
}

impl Proven {
    pub(crate) fn new(token: &Verified<'_>, source: TokenSource) -> Self {
        Self { terms: token.terms, session: Session::new(token, source), claims: None }
    }

    /// The same, of a token that this request has there.
    pub(crate) fn found_at(self, source: TokenSource) -> Self {
        Self { session: self.session.found_at(source), ..self }
    }

    /// The same, of a token that has taken the place of a request's.
    pub(crate) fn replaced(self) -> Self {
        Self { session: self.session.replaced(), ..self }
    }

    pub(crate) const fn has_claims(&self) -> bool {
        self.claims.is_some()
    }

    /// The claims, read once.
    pub(crate) fn claims(&mut self) -> &Claims {
        let read = || Arc::new(Claims::of_payload(self.session.payload_json()));
        self.claims.get_or_insert_with(read)
    }

    /// Takes the claims of another of the same token.
    pub(crate) fn share_claims(&mut self, other: &Self) {
        self.claims.clone_from(&other.claims);
    }

    /// Bytes of the claims, if somebody has read them.
    pub(crate) fn claims_bytes(&self) -> usize {
        self.claims.as_ref().map_or(0, |claims| claims.heap_bytes())
    }

    /// Bytes of what it has on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.session.heap_bytes().saturating_add(self.claims_bytes())
    }
}
