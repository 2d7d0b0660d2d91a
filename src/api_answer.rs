//! The answer of the API behind a page, read back.

use crate::invalid_claims::InvalidClaims;
use crate::policy::StatusCodes;
use crate::reason::Reason;

/// What the API said: nothing against the session, which claims are invalid, or why the page cannot
/// go on.
pub(crate) fn read(
    status: u16,
    body: &[u8],
    codes: StatusCodes,
) -> Result<Option<InvalidClaims>, Reason> {
    if status / 100 == 2 {
        Ok(None)
    } else if status == codes.session_expired {
        Err(Reason::ApiRefused)
    } else if status == codes.invalid_claim {
        // Any other 403 is the API's own, or a proxy's.
        InvalidClaims::from_json(body).map(Some).ok_or(Reason::ApiAnswer)
    } else {
        Err(Reason::ApiAnswer)
    }
}
