//! The rules of a policy about claims, and their judgement.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::claim_validator::ClaimValidator;
use crate::claims::Claims;
use crate::invalid_claims::{ClaimFailure, InvalidClaims};
use crate::time::UnixMillis;

/// In the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct Validators(Vec<Arc<dyn ClaimValidator>>);

impl Validators {
    pub(crate) const NONE: Self = Self(Vec::new());

    pub(crate) fn add(&mut self, validator: impl ClaimValidator + 'static) {
        self.0.push(Arc::new(validator));
    }

    /// Runs every validator over a payload whose signature held.
    pub(crate) fn judge(&self, payload_json: &str, now: UnixMillis) -> Result<(), InvalidClaims> {
        if self.0.is_empty() {
            return Ok(());
        }
        let claims = Claims::of_payload(payload_json);
        let refusal = |validator: &Arc<dyn ClaimValidator>| {
            let reason = validator.validate(&claims, now).err()?;
            let refetch = validator.should_refetch(&claims, now);
            Some(ClaimFailure::new(validator.id(), reason, refetch))
        };
        let failures: Vec<_> = self.0.iter().filter_map(refusal).collect();
        InvalidClaims::new(failures).map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Validators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|validator| validator.id())).finish()
    }
}
