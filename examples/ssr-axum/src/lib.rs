//! A site to click through; see `README.md` here. `site` is what to copy, `issuer` only plays the other
//! side.

use std::sync::Arc;

use supertokens_session::UnixMillis;

pub mod http;
pub mod issuer;
pub mod pages;
pub mod site;

/// The time it is. A test has its own.
pub type Now = Arc<dyn Fn() -> UnixMillis + Send + Sync>;
